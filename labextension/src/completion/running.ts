/**
 * Whether a kernel is at work, so that outputs may still grow. Knows nothing of documents.
 */

/** What is read of a document's session: JupyterLab's ISessionContext is one. */
export interface IKernelSession {
  readonly session: {
    readonly kernel: { readonly status: string } | null;
  } | null;
}

const AT_WORK = ['busy', 'starting', 'restarting', 'autorestarting'];

/** The kernel runs something or starts; without a kernel nothing does. */
export function isRunning({ session }: IKernelSession): boolean {
  return AT_WORK.includes(session?.kernel?.status ?? '');
}
