"""Everything that can go wrong, by what the caller can do about it.

An error carries a sentence for a person (what was expected, what came, the way out) and a stable
`code` for a program. HTTP statuses and exit codes are given where the error meets the outside:
`kg.web.problems` and `kg.cli`.
"""

from __future__ import annotations

import errno

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class KgError(Exception):
    """The base of all errors that are told to the user without a traceback."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class BadInput(KgError):
    """The caller sent something that cannot be understood."""

    code = "bad_input"


class BadData(BadInput):
    """An RDF document is not well-formed. `message` begins with `file:line:column`."""

    code = "malformed_rdf"


class BadQuery(BadInput):
    """A query is not well-formed SPARQL, or asks for something the engine does not have."""

    code = "malformed_query"


class BadSetting(BadInput):
    """A setting has an unknown name or an impossible value."""

    code = "bad_setting"


class TooLarge(KgError):
    """The request is larger than the service takes."""

    code = "too_large"


class Forbidden(KgError):
    """The service does not do this, or not for this client."""

    code = "forbidden"


class Unauthorized(KgError):
    """The request bears no token, or a wrong one."""

    code = "unauthorized"


class NotFound(KgError):
    """Nothing is known under the name that was asked for."""

    code = "not_found"


class LengthRequired(KgError):
    """A change does not say how long it is, so that nobody can tell whether it is whole."""

    code = "length_required"


class NotAcceptable(KgError):
    """None of the formats asked for can be sent. `message` names those on offer."""

    code = "not_acceptable"


class UnsupportedMediaType(KgError):
    """The body has a media type that the route does not read."""

    code = "unsupported_media_type"


class DoesNotConform(KgError):
    """The data breaks the shapes that came with it."""

    code = "does_not_conform"


class Locked(KgError):
    """Another process is writing to the database."""

    code = "locked"


class StorageFailed(KgError):
    """The database cannot be read or written."""

    code = "storage_failed"


class StorageFull(StorageFailed):
    """The disk has no space left; reading goes on."""

    code = "storage_full"


def unwritten(what: str, error: OSError) -> StorageFailed:
    """Return that something cannot be written, and whether that is for want of room."""
    kind = StorageFull if error.errno in DISK_FULL else StorageFailed
    return kind(f"cannot write {what}: {error.strerror or error}")


class WriterRestarted(KgError):
    """The writer ended before it acknowledged a change, and has been started again."""

    code = "writer_restarted"


class OverLimit(KgError):
    """A query ran into one of the limits of the service, and was stopped."""

    code = "over_limit"


def too_much_memory() -> OverLimit:
    """Return that a query needs more memory than one may use."""
    return OverLimit(
        "the query was stopped because it needs more memory than one may use here; "
        "sort or group fewer rows",
        code="query_memory",
    )


class Busy(KgError):
    """As many queries run and wait as the service takes."""

    code = "busy"


class TooManyRequests(KgError):
    """A client has used what it may use for now. `seconds` tell when it may go on."""

    code = "too_many_requests"

    def __init__(self, message: str, *, code: str | None = None, seconds: int = 60) -> None:
        super().__init__(message, code=code)
        self.seconds = seconds


class Interrupted(KgError):
    """The process that was at it has ended for a reason of its own; another is there already."""

    code = "interrupted"


class RemoteFailed(KgError):
    """The endpoint that was asked has not answered, or not as it should."""

    code = "remote_error"


class RemoteTimeout(RemoteFailed):
    """The endpoint that was asked has not answered in time."""

    code = "remote_timeout"


class Cancelled(KgError):
    """A query was stopped because nobody wants its answer any more."""

    code = "cancelled"
