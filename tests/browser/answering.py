"""A page whose questions are answered by what the test wrote: what the page does with a text, whatever the model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Route

from .lab import Lab, Notebook

_ROUTE = {"to": "local", "reason": "sure", "confidence": 0.9, "chance": 0.9}


@dataclass(slots=True, kw_only=True)
class Answers:
    """What the server of a window says to each question; empty: nothing."""

    text: str = ""
    asked: list[str] = field(default_factory=list)
    """The text before the cursor, of each question."""
    holds: bool = False
    """Answers wait until they are let go."""
    held: list[tuple[Route, str]] = field(default_factory=list)

    def let_go(self) -> None:
        """Sends the answers that wait, however late; the page may have given them up."""
        for route, body in self.held:
            route.fulfill(body=body, content_type="application/x-ndjson")
        self.held.clear()

    def answer(self, route: Route) -> None:
        """Answers one question with the whole text, as the server does."""
        question = json.loads(route.request.post_data or "")
        self.asked.append(question["prefix"])
        ids = {"request_id": question["request_id"], "suggestion_id": f"s{len(self.asked)}"}
        line = {"type": "final", **ids, "text": self.text, "origin": "local", "route": _ROUTE}
        self.held.append((route, json.dumps(line) + "\n"))
        if not self.holds:
            self.let_go()


def answered(window: BrowserContext) -> Answers:
    """From now on the test says what is suggested in this window."""
    answers = Answers()
    window.route("**/mccom/complete?*", lambda route: answers.answer(route))
    return answers


def answered_file(window: BrowserContext, lab: Lab, name: str, source: str) -> tuple[Notebook, Answers]:
    """A file in which the test says what is suggested, with the cursor at its end."""
    answers = answered(window)
    lab.write(name, source)
    book = Notebook(window, lab, name)
    book.begin()
    return book, answers


def answered_notebook(window: BrowserContext, lab: Lab, name: str, *sources: str) -> tuple[Notebook, Answers]:
    """A notebook in which the test says what is suggested, with the cursor at the end of its first cell."""
    answers = answered(window)
    lab.notebook(name, *sources)
    book = Notebook(window, lab, name)
    book.enter(0)
    return book, answers
