"""A calendar on a CalDAV server (RFC 4791), for one user."""

import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, unquote, urljoin, urlsplit

import caldav
from caldav.lib import error
from caldav.lib.url import URL
from lxml.etree import LxmlError
from niquests.exceptions import RequestException

from zhiyin.activities.choices import ConnectionProblem
from zhiyin.platform.outgoing import Session

SECONDS = 15
AT_ONCE = 50
_CALENDAR = "{urn:ietf:params:xml:ns:caldav}calendar"
_TAG = "{http://calendarserver.org/ns/}getctag"
_ETAG, _TYPE, _NAME = "{DAV:}getetag", "{DAV:}resourcetype", "{DAV:}displayname"
logging.getLogger("caldav").setLevel(logging.ERROR)


class Failed(Exception):
    """Why the server cannot be worked with now."""

    def __init__(self, problem: ConnectionProblem) -> None:
        super().__init__(problem)
        self.problem = problem


class Refused(Exception):
    """The server does not take this one object."""


class Changed(Exception):
    """The object is another one there by now."""


@dataclass(frozen=True, slots=True)
class There:
    """An object of the calendar: its ``etag`` and what it says, as iCalendar."""

    etag: str
    text: str


class Server:
    """``href`` is the path of an object, unquoted: servers disagree on what they quote."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        client: Any = caldav.DAVClient  # the library makes it by a function without a type
        self.client = client(url, username=username, password=password, timeout=SECONDS, enable_rfc6764=False)
        self.client.session = Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.close()

    def calendars(self) -> list[tuple[str, str]]:
        """Addresses and names of the user's calendars that take appointments."""
        with _failures():
            if name := self._calendar_name():
                return [(self.url, name)]
            return [
                (str(each.url), (each.get_display_name() or "").strip()[:200] or str(each.url))
                for each in self._principal().get_calendars()
                if "VEVENT" in (each.get_supported_components() or ["VEVENT"])
            ]

    def _calendar_name(self) -> str:
        answer = self.client.propfind(self.url, [_TYPE, _NAME], 0)
        found = answer.results if answer.status in {200, 207} else []
        for each in found or ():
            if _CALENDAR in (each.properties.get(_TYPE) or ()):
                return str(each.properties.get(_NAME) or self.url)[:200]
        return ""

    def _principal(self) -> Any:
        try:
            return self.client.principal()
        except error.NotFoundError:
            parts = urlsplit(self.url)
            known = urljoin(f"{parts.scheme}://{parts.netloc}", "/.well-known/caldav")
            self.client.url = URL.objectify(known)
            return self.client.principal()

    def tag(self) -> str:
        """Another one after each change of the calendar; empty where the server knows none."""
        with _failures():
            answer = self.client.propfind(self.url, [_TAG, "{DAV:}sync-token"], 0)
            if answer.status not in {200, 207} or not answer.results:
                raise Failed(ConnectionProblem.NO_CALENDAR)
            told = answer.results[0].properties
            return str(told.get(_TAG) or told.get("{DAV:}sync-token") or "")[:500]

    def listed(self) -> dict[str, str]:
        """The etag of each object."""
        with _failures():
            answer = self.client.propfind(self.url, [_ETAG, _TYPE], 1)
            if answer.status not in {200, 207}:
                raise Failed(ConnectionProblem.NO_CALENDAR)
            return {
                unquote(each.href): str(each.properties[_ETAG])
                for each in answer.results or ()
                if each.properties.get(_ETAG) and "{DAV:}collection" not in (each.properties.get(_TYPE) or ())
            }

    def read(self, hrefs: Iterable[str]) -> dict[str, There]:
        """Those of the objects that are still there."""
        hrefs, found = list(hrefs), {}
        with _failures():
            calendar = self.client.calendar(url=self.url)
            for at in range(0, len(hrefs), AT_ONCE):
                wanted = [URL.objectify(self._at(each)) for each in hrefs[at : at + AT_ONCE]]
                for each in calendar.multiget(wanted):
                    if each.data and each.props.get(_ETAG):
                        path = unquote(urlsplit(str(each.url)).path)
                        found[path] = There(str(each.props[_ETAG]), str(each.data))
        return found

    def new_href(self, name: str) -> str:
        return unquote(urlsplit(self.url).path).rstrip("/") + f"/{name}.ics"

    def write(self, href: str, text: str, etag: str) -> str:
        """Put an object in the place of the one with ``etag``, or as a new one; its own etag.

        Raises ``Changed`` where that is not there any more, ``Refused`` where the server does not take it.
        """
        match = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        with _failures(one=True):
            headers = {"Content-Type": "text/calendar; charset=utf-8", **match}
            answer = self.client.put(self._at(href), text, headers)
            _check(answer.status)
            return _tag_of(answer.headers) or self._etag(href)

    def remove(self, href: str, etag: str) -> None:
        """Raises ``Changed`` where it is another one by now, ``Refused`` where it may not be removed."""
        with _failures(one=True):
            answer = self.client.delete(self._at(href), {"If-Match": etag})
            if answer.status != 404:
                _check(answer.status)

    def _etag(self, href: str) -> str:
        answer = self.client.propfind(self._at(href), [_ETAG], 0)
        return str(answer.results[0].properties.get(_ETAG) or "") if answer.results else ""

    def _at(self, href: str) -> str:
        return urljoin(self.url, quote(href, safe="/:@!$&'()*+,;=~"))


def _tag_of(headers: Mapping[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "etag"), "")


def _check(status: int) -> None:
    if status in {409, 412}:
        raise Changed
    if status >= 500 or status in {408, 429}:
        raise Failed(ConnectionProblem.BUSY)
    if status >= 300:
        raise Refused


@contextlib.contextmanager
def _failures(*, one: bool = False) -> Iterator[None]:
    """What goes wrong, in words; ``one`` object that may not be written is no failure of all."""
    try:
        yield
    except error.AuthorizationError as failure:
        if one and "403" in str(failure):
            raise Refused from failure
        raise Failed(ConnectionProblem.PASSWORD) from failure
    except error.RateLimitError as failure:
        raise Failed(ConnectionProblem.BUSY) from failure
    except error.NotFoundError as failure:
        raise Failed(ConnectionProblem.NO_CALENDAR) from failure
    except (RequestException, OSError) as failure:
        raise Failed(ConnectionProblem.UNREACHABLE) from failure
    except (error.DAVError, LxmlError, ValueError, KeyError, AttributeError, TypeError) as failure:
        raise Failed(ConnectionProblem.ANSWER) from failure
