"""What is wrong with a query, in the shape in which Resource Graph says so.

Its answer is always 400 BadRequest, and its details say what it is: first InvalidQuery, then one or more with a code of
their own and, where the fault has a place in the text, `line`, `characterPositionInLine` (from nought) and `token`.
Source: answers of the service in the public issues of Azure/azure-powershell (13762), Azure/aztfexport (485) and
MicrosoftDocs/azure-docs (45495). The codes of other faults are on no public record: they are `Default` here.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.arm.errors import ArmError

PARSER_FAILURE = "ParserFailure"
UNSUPPORTED_OPERATOR = "InvalidQueryLanguage"
UNSUPPORTED_JOIN = "UnsupportedJoinFlavor"
UNKNOWN_FUNCTION = "UnknownFunction"
UNKNOWN_TABLE = "DisallowedLogicalTableName"
OTHER = "Default"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is in the text of a query: `line` counts from 1, `column` from nought."""

    line: int
    column: int
    token: str


class QueryError(ArmError):
    """A query that is refused, answered 400."""

    def __init__(self, code: str, message: str, place: Place | None = None) -> None:
        """Keep the code of the detail, what is wrong in plain words, and where."""
        invalid = ("InvalidQuery", "Query is invalid. Mend what the details name, and ask again.")
        super().__init__(400, "BadRequest", f"The query is refused: {message}", details=(invalid, (code, message)))
        self.place = place

    def body(self) -> dict[str, Any]:
        """Return the JSON body, the place of the fault beside its code."""
        body = super().body()
        if self.place:
            body["error"]["details"][-1] |= {
                "line": self.place.line,
                "characterPositionInLine": self.place.column,
                "token": self.place.token,
            }
        return body


def refused(message: str, place: Place | None = None) -> QueryError:
    """Return the refusal of a query that means nothing, or that is not modelled here."""
    return QueryError(OTHER, message, place)
