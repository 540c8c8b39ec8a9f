"""fakesnow's own server for connector 5, with a password: runs in the environment of the snowflake peer.

Connector 5 wants fields in the login reply that Snowflake sends and fakesnow 0.12 leaves out; they are added here.
Arguments: the port. The password is read from ``PEER_PASSWORD``. Paths under ``/peer/`` are not the vendor's: through
them the test process sets faults and forgets databases, which fakesnow cannot drop.
"""

from __future__ import annotations

import gzip
import importlib
import json
import os
import sys
from collections import deque
from typing import Any

import uvicorn
from fakesnow.instance import FakeSnow
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

LOGIN_PATH = "/session/v1/login-request"
REFUSED = {"data": {}, "code": "390100", "message": "Incorrect username or password was specified.", "success": False}


server = importlib.import_module("fakesnow.server")  # the package hides its module behind a function of that name
FAULTS: deque[dict[str, Any]] = deque()


class Peer(BaseHTTPMiddleware):
    """Checks the password, completes the reply to a login, and fails what a test wants to fail; the rest passes."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Answer one request."""
        path = request.url.path
        if path.startswith("/peer/"):
            return _arranged(path, await request.body())
        fault = next((fault for fault in FAULTS if fault["on"] in path), None)
        if fault is not None:
            FAULTS.remove(fault)
            return JSONResponse(fault["body"], fault["http_status"], fault["headers"])
        if path != LOGIN_PATH:
            return await call_next(request)
        content = await request.body()
        if request.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        if json.loads(content)["data"].get("PASSWORD") != os.environ["PEER_PASSWORD"]:
            return JSONResponse(REFUSED)
        response = await call_next(request)
        reply = json.loads(b"".join([part async for part in response.body_iterator]))
        return JSONResponse(_completed(reply), response.status_code)


def _arranged(path: str, content: bytes) -> Response:
    match path:
        case "/peer/fail":
            fault = json.loads(content)
            FAULTS.extend([fault] * fault["times"])
        case "/peer/reset":
            FAULTS.clear()
            server.sessions.clear()
            server.shared_fs = FakeSnow()
    return JSONResponse({})


def _completed(reply: dict[str, Any]) -> dict[str, Any]:
    login = reply["data"]
    session = {"warehouseName": None, "roleName": "SYSADMIN", **login["sessionInfo"]}
    added = {
        "masterToken": f"master-{login['token']}",
        "validityInSeconds": 3600,
        "masterValidityInSeconds": 14400,
        "sessionId": 1,
        "displayUserName": "COLLECTOR",
        "message": None,
    }
    return {"code": None, "message": None, **reply, "data": {**added, **login, "sessionInfo": session}}


server.app.add_middleware(Peer)

if __name__ == "__main__":
    uvicorn.run(server.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
