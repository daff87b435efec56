/**
 * Bytes → JSON values, one a line, however the bytes were cut on their way. Knows nothing of HTTP or of the wire.
 */

/** The parsed lines of a stream of bytes; a cut may fall inside a line or inside a UTF-8 character. */
export async function* ndjson(reader: {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
}): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const lines = rest.split('\n');
    rest = done ? '' : (lines.pop() ?? '');
    for (const line of lines) {
      if (line.trim()) {
        yield JSON.parse(line);
      }
    }
    if (done) {
      return;
    }
  }
}
