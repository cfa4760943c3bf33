"""What stands where an answer would, when the data holds none."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Unanswered:
    """Why a question has no answer in this data. What is made of an answer passes it on unchanged.

    It counts as false: `answer and next_step(answer)` goes no further, and is the reason itself.
    """

    reason: str

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"◆ {self.reason}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        html = (
            '<div style="font-size:115%;border-left:6px solid #E69F00;padding-left:12px;margin:4px 0">'
            f"<b>◆</b> {escape(self.reason)}</div>"
        )
        return {"text/html": html, "text/plain": repr(self)}
