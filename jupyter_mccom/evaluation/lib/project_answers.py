"""What the local model writes at a position of a project that is indexed whole."""

from __future__ import annotations

from ...cascade.engine_context import Context
from ...compose import UNHURRIED_S, OpenCascade
from ...retrieval.search import Retrieval, Tree
from ...settings import MCCom
from .samples import Sample
from .timed_answers import TimedAnswer, written


async def answer_in(opened: OpenCascade, sample: Sample, settings: MCCom, tree: Tree | None) -> TimedAnswer:
    """The answer of a cascade's local engine, with chunks of `tree` in its prompt; None: the document's own alone."""
    context = Context(
        opened.engine,
        Retrieval(tree=tree, live=None, patience_s=UNHURRIED_S),
        n_tokens=settings.n_prompt,
        n_retrieved_tokens=settings.retrieval_tokens,
    )
    prompt, _ = await context.prompt(sample.request)
    return await written(opened.engine, sample.request, prompt, max_tokens=settings.max_tokens)
