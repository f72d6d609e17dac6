# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An OpenID provider that isn't ours, django-oauth-toolkit, in a process of its own: the fixture `provider`.

Beside its own endpoint for tokens it serves `/itcare/…`, an empty list for who has a token that it knows.

By itself it issues no refresh token for client credentials. `RefreshingServer` makes it do so for service accounts, as Keycloak can be told to:
the code that makes, keeps and checks tokens stays the toolkit's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

READY = "provider: "
ACCOUNT = ("demo", "demo-secret")
LIFETIME = {"refresh_expires_in": 7200}  # which Keycloak tells, beside what RFC 6749 knows


class Provider:
    """The process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith(READY), "the provider did not start"
        self.url = line.removeprefix(READY).strip()

    def stop(self) -> None:
        self._process.communicate("")  # it ends with its input

    def _control(self, order: str, **fields: Any) -> Any:
        answer = requests.post(f"{self.url}/control/{order}", json=fields, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def add(self, client_id: str, client_secret: str) -> None:
        """Register another account."""
        self._control("add", client_id=client_id, client_secret=client_secret)

    def end(self, what: str) -> None:
        """All access (`access`) or refresh (`refresh`) tokens have ended."""
        self._control("end", what=what)

    def reset(self, **settings: Any) -> None:
        """One account, no token, an empty log. `refreshing`: whether it issues refresh tokens."""
        self._control("reset", **settings)

    def seen(self) -> list[tuple[str, int]]:
        """Requests in short, the grant of those for tokens and the path of the others, with their statuses."""
        return [tuple(entry) for entry in self._control("seen")]

    def options(self, **more: Any) -> dict[str, Any]:
        return {
            "api_url": f"{self.url}/itcare",
            "token_url": f"{self.url}/token/",
            "client_id": ACCOUNT[0],
            "client_secret": ACCOUNT[1],
            **more,
        }


@pytest.fixture(scope="session")
def shared_provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.stop()


@pytest.fixture
def provider(shared_provider: Provider) -> Provider:
    """A provider that issues refresh tokens and knows one account."""
    shared_provider.reset()
    return shared_provider


def serve() -> None:
    """What the process does."""
    import logging
    import threading
    import wsgiref.simple_server

    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": "file:provider?mode=memory&cache=shared",
            }
        },
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
        LOGGING_CONFIG=None,
        MIGRATION_MODULES={"auth": None, "contenttypes": None, "oauth2_provider": None},
        OAUTH2_PROVIDER={
            "ACCESS_TOKEN_EXPIRE_SECONDS": 1200,
            "ALWAYS_RELOAD_OAUTHLIB_CORE": True,  # `reset` changes how it works
        },
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # quick
        ROOT_URLCONF="provider_urls",
        SECRET_KEY="of the tests",  # noqa: S106
        USE_TZ=True,
    )
    django.setup()
    logging.disable()
    call_command("migrate", run_syncdb=True, verbosity=0)
    _make_urls()

    from django.core.wsgi import get_wsgi_application

    class Silent(wsgiref.simple_server.WSGIRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Tests have no use for an access log."""

    server = wsgiref.simple_server.make_server(
        "127.0.0.1", 0, get_wsgi_application(), handler_class=Silent
    )
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    print(f"{READY}http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


def _make_urls() -> None:
    """The toolkit's endpoint for tokens, and what tests order."""
    import datetime
    import types

    from django.contrib.auth.models import User
    from django.http import HttpRequest, HttpResponse, JsonResponse
    from django.urls import path
    from django.utils import timezone
    from django.views.decorators.csrf import csrf_exempt
    from oauth2_provider import oauth2_validators
    from oauth2_provider.models import AccessToken, Application, RefreshToken
    from oauth2_provider.settings import oauth2_settings
    from oauth2_provider.views import TokenView
    from oauth2_provider.views.mixins import OAuthLibMixin
    from oauthlib.oauth2 import Server
    from oauthlib.oauth2.rfc6749.grant_types import ClientCredentialsGrant

    seen: list[tuple[str, int]] = []

    class ServiceAccounts(oauth2_validators.OAuth2Validator):  # type: ignore[misc]
        def _create_refresh_token(self, request: Any, *args: Any) -> Any:
            request.user = request.user or request.client.user
            return super()._create_refresh_token(request, *args)

        def validate_refresh_token(self, token: str, client: Any, request: Any) -> Any:
            request.extra_credentials = LIFETIME
            return super().validate_refresh_token(token, client, request)

    class Refreshing(ClientCredentialsGrant):  # type: ignore[misc]
        def create_token_response(self, request: Any, token_handler: Any) -> Any:
            request.extra_credentials = LIFETIME
            made = types.SimpleNamespace(
                create_token=lambda asked, **_kwargs: token_handler.create_token(
                    asked, refresh_token=True
                )
            )
            return super().create_token_response(request, made)

    class RefreshingServer(Server):  # type: ignore[misc]
        def __init__(self, validator: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(validator, *args, **kwargs)
            self.grant_types["client_credentials"] = Refreshing(validator)

    def register(client_id: str, client_secret: str) -> None:
        Application.objects.create(
            client_id=client_id,
            client_secret=client_secret,
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
            user=User.objects.get_or_create(username="service account")[0],
        )

    def token(request: HttpRequest) -> HttpResponse:
        answer = TokenView.as_view()(request)
        seen.append((request.POST.get("grant_type", ""), answer.status_code))
        return answer

    def api(request: HttpRequest, rest: str) -> HttpResponse:
        is_valid, _request = OAuthLibMixin().verify_request(request)
        answer = JsonResponse([], safe=False, status=200 if is_valid else 401)
        seen.append((f"/{rest}", answer.status_code))
        return answer

    def add(order: dict[str, Any]) -> None:
        register(**order)

    def end(order: dict[str, Any]) -> None:
        now = timezone.now()
        if order["what"] == "access":
            AccessToken.objects.update(expires=now)
        else:
            RefreshToken.objects.update(revoked=now - datetime.timedelta(days=1))

    def reset(order: dict[str, Any]) -> None:
        for model in (RefreshToken, AccessToken, Application):
            model.objects.all().delete()
        refreshing = order.get("refreshing", True)
        oauth2_settings.OAUTH2_SERVER_CLASS = RefreshingServer if refreshing else Server
        oauth2_settings.OAUTH2_VALIDATOR_CLASS = ServiceAccounts
        register(*ACCOUNT)
        seen.clear()

    orders: dict[str, Callable[[dict[str, Any]], object]] = {
        "add": add,
        "end": end,
        "reset": reset,
        "seen": lambda _order: seen,
    }

    def control(request: HttpRequest, order: str) -> HttpResponse:
        return JsonResponse(orders[order](json.loads(request.body)), safe=False)

    urls: Any = types.ModuleType("provider_urls")
    urls.urlpatterns = [
        path("token/", csrf_exempt(token)),
        path("control/<order>", csrf_exempt(control)),
        path("itcare/<path:rest>", csrf_exempt(api)),
    ]
    sys.modules["provider_urls"] = urls


if __name__ == "__main__":
    serve()
