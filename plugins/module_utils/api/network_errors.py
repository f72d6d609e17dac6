# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. What a failure of the network means: what to do about it, and whether the request may have been executed."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .bodies import BodyError
from .connection_options import ConnectionOptions
from .errors import ConnectionFailedError, InputError
from .http_errors import Scrub
from .requests_library import requests, urllib3
from .sessions import MOST_BYTES, TOO_LONG


def network_error(
    options: ConnectionOptions,
    scrub: Scrub,
    method: str,
    url: str,
    error: Exception,
    over: float | None = None,
) -> ConnectionFailedError | InputError:
    """The error for a request of which requests says that it failed. `scrub` removes secrets. `over` are the seconds that
    it may take as a whole, when they have passed."""
    where = urlsplit(url)
    host = where.netloc
    option = "token_url" if url == options.token_url else "api_url"
    text = f"{type(error).__name__} {error}"
    exceptions = requests.exceptions
    arrived = passing = True
    # What quotes an answer comes first: the words below must not be a server's.
    if unreadable := _unreadable(error, text):
        passing = False
        message = f"{method} {where.path} was answered with {unreadable}. That isn't ITCare: check {option}, and proxies on the way."
    elif isinstance(error, exceptions.ChunkedEncodingError):
        message = f"The connection with {host} was cut before {method} {where.path} was answered."
    elif isinstance(error, exceptions.SSLError) and "certificate" in text.lower():
        return InputError(_certificate_problem(host, option, options.ca_path, text))
    elif isinstance(error, exceptions.SSLError):
        # it may also end after the request was sent
        message = f"The TLS connection with {host} failed: check {option} and proxies on the way."
    elif re.search("NameResolutionError|getaddrinfo|Name or service not known", text):
        arrived = False
        message = (
            f"The host name of {host} can't be resolved: check {option} and the machine's DNS."
        )
    elif isinstance(error, exceptions.ConnectTimeout):
        arrived = False
        message = f"No connection with {host} within {options.request_timeout:g} s: check {option}, firewalls and proxies."
    elif isinstance(error, exceptions.ProxyError) and over is None:
        # older releases of urllib3 say so for a connection that is cut later, too
        arrived = not re.search("NewConnectionError|Tunnel connection failed", text)
        message = f"The proxy on the way to {host} failed: check the proxy's environment variables."
    elif "NewConnectionError" in text or "Connection refused" in text:
        arrived = False
        message = (
            f"No connection with {host}: it refuses connections or isn't reachable; check {option}."
        )
    elif isinstance(error, (exceptions.Timeout, exceptions.ProxyError)) and over is not None:
        passing = False  # the next one would take as long
        message = (
            f"{method} {where.path} was not answered completely within {over:g} s: one request takes at most ten times "
            "request_timeout, and no longer than the task's time."
        )
    elif isinstance(error, exceptions.Timeout):
        message = f"{method} {where.path} was not answered within {options.request_timeout:g} s (request_timeout)."
    elif isinstance(error, (ValueError, urllib3.exceptions.LocationValueError)):
        why = str(error).rstrip(".")
        return InputError(scrub(f"{method} {where.path} can't be sent: {why}. Check {option}."))
    else:
        message = f"The connection with {host} was cut before {method} {where.path} was answered."
    request = f"{method} {where.path}"
    if request not in message:
        message += f" {request} was not {'answered' if arrived else 'sent'}."
    return ConnectionFailedError(
        message, arrived=arrived, passing=passing, method=method, path=where.path
    )


def _unreadable(error: Exception, text: str) -> str | None:
    """What an answer is that http.client or urllib3 refuse to read."""
    if "LineTooLong" in text:
        return "a header or another line of more than 64 KiB"
    if re.search(r"got more than \d+ headers", text):
        return "more than 100 headers"
    if TOO_LONG in text:
        return f"more than {MOST_BYTES // 2**20} MiB, so it was cut"
    invalid = (requests.exceptions.InvalidHeader, urllib3.exceptions.InvalidHeader)
    if isinstance(error, invalid) or re.search(r"\b(BadStatusLine|UnknownProtocol)\b", text):
        return "something that isn't HTTP"
    return None


def _certificate_problem(host: str, option: str, ca_path: str | None, text: str) -> str:
    """What is wrong with a certificate, and what helps."""
    if "NO_CERTIFICATE" in text or "no certificate or crl" in text.lower():
        return no_certificates(ca_path, "no certificate in PEM format is in it")
    reason = re.search(r"certificate verify failed: ([^(]+)", text)
    why = f" ({reason[1].strip(' .')})" if reason else ""
    if "mismatch" in text or "doesn't match" in text or "not valid for" in text:
        return f"The certificate of {host} is for another name{why}: check {option}, and proxies on the way."
    if "expired" in text or "not yet valid" in text:
        return f"The certificate of {host} is out of date{why}: check the clock of this machine, or ask who runs that service."
    if ca_path:
        return (
            f"The certificate of {host} can't be trusted{why}: no authority in ca_path '{ca_path}' has signed it. A folder "
            "needs names as 'openssl rehash' makes them."
        )
    return (
        f"The certificate of {host} can't be trusted{why}: set ca_path (ITCARE_CA_PATH) to the certificates of its "
        "authority. validate_certs: false would hand the credentials to whoever answers."
    )


def no_certificates(ca_path: str | None, why: str) -> str:
    variables = "the environment variable REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE"
    where = f"ca_path '{ca_path}'" if ca_path else variables
    return f"The certificates in {where} can't be read: {why}."


def unreadable(method: str, path: str, why: BodyError) -> ConnectionFailedError:
    """A write may have been executed, whatever its answer is."""
    return ConnectionFailedError(
        f"{method} {path} was answered with {why}.",
        arrived=True,
        passing=why.passing,
        method=method,
        path=path,
    )
