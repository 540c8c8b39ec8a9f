"""How AWS services put requests and replies on the wire: JSON, REST-JSON, EC2's query and XML, Smithy RPC v2 CBOR."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict

from tests.peers.http_replay import HttpReply, HttpRequest, NotScripted

SCOPE: Final = re.compile(r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/[^/]+/(?P<service>[^/]+)/aws4_request")
CBOR: Final = "smithy-rpc-v2-cbor"
CBOR_PATH: Final = re.compile(r"/service/(?P<prefix>[^/]+)/operation/(?P<operation>[^/]+)$")
CBOR_HEADERS: Final = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
XML_HEADERS: Final = {"Content-Type": "text/xml;charset=UTF-8"}


def read(request: HttpRequest, models: Sequence[ServiceModel]) -> tuple[OperationModel, dict[str, Any]]:
    """The operation asked for and its input. NotScripted when it is none of the models'."""
    by_prefix = {model.metadata["targetPrefix"]: model for model in models if "targetPrefix" in model.metadata}
    cbor = CBOR_PATH.match(request.path)
    if cbor is not None:
        operation = by_prefix[cbor["prefix"]].operation_model(cbor["operation"])
        return operation, _decoded_cbor(request.content)
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return _read_query(request, models)
    prefix, _, name = request.headers.get("x-amz-target", "").rpartition(".")
    body = json.loads(request.content or b"{}")
    if prefix in by_prefix:
        return by_prefix[prefix].operation_model(name), body
    return _rest_operation(request, models), body


def is_signed(request: HttpRequest, operation: OperationModel, access_key_id: str) -> bool:
    """Whether a version 4 signature by that key for that service is there; it is not computed again."""
    scope = SCOPE.match(request.headers.get("authorization", ""))
    model = operation.service_model
    names = {model.signing_name, model.endpoint_prefix, model.service_name}
    return scope is not None and scope["key"] == access_key_id and scope["service"] in names


def reply_of(operation: OperationModel, reply: Mapping[str, Any]) -> HttpReply:
    """A reply that fits the operation's output shape, as bytes."""
    match operation.service_model.resolved_protocol:
        case "smithy-rpc-v2-cbor":
            content = bytearray()
            RpcV2CBORSerializer()._serialize_data_item(content, reply, operation.output_shape)
            return HttpReply(headers=CBOR_HEADERS, content=bytes(content))
        case "ec2":
            own = get_service_model("ec2").operation_model(operation.name)  # moto's serializer wants moto's classes
            written = get_serializer_class("ec2", "ec2")(own).serialize(reply)
            return HttpReply(headers=XML_HEADERS, content=written["body"].encode())
    content_of_json = json.dumps(_encoded(operation.output_shape, reply)).encode()
    return HttpReply(headers=_json_headers(operation), content=content_of_json)


def error_of(operation: OperationModel, code: str, http_status: int, message: str) -> HttpReply:
    """A service error, as bytes."""
    body = {"__type": code, "message": message}
    match operation.service_model.resolved_protocol:
        case "smithy-rpc-v2-cbor":
            return HttpReply(status=http_status, headers=CBOR_HEADERS, content=_cbor_of_texts(body))
        case "ec2":
            error = f"<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            content = f"<Response>{error}<RequestID>replay</RequestID></Response>".encode()
            return HttpReply(status=http_status, headers=XML_HEADERS, content=content)
    headers = {**_json_headers(operation), "x-amzn-errortype": code}
    return HttpReply(status=http_status, headers=headers, content=json.dumps(body).encode())


def _read_query(request: HttpRequest, models: Sequence[ServiceModel]) -> tuple[OperationModel, dict[str, Any]]:
    form = parse_qsl(request.content.decode(), keep_blank_values=True)
    asked = dict(form)
    for model in models:
        if model.resolved_protocol == "ec2" and model.api_version == asked.get("Version"):
            operation = model.operation_model(asked["Action"])
            parsed = PROTOCOL_PARSERS["ec2"](operation).parse({"values": MultiDict(form)})
            return operation, dict(parsed)
    raise NotScripted(f"{asked.get('Action')} of version {asked.get('Version')} is no operation of this peer")


def _rest_operation(request: HttpRequest, models: Sequence[ServiceModel]) -> OperationModel:
    scope = SCOPE.match(request.headers.get("authorization", ""))
    for model in models:
        names = model.operation_names if scope is not None and model.service_name == scope["service"] else ()
        for name in names:
            operation = model.operation_model(name)
            if (operation.http["method"], operation.http["requestUri"]) == (request.method, request.path):
                return operation
    raise NotScripted(f"{request.method} {request.path} is no operation of this peer")


def _json_headers(operation: OperationModel) -> dict[str, str]:
    version = operation.service_model.metadata.get("jsonVersion", "1.1")
    return {"Content-Type": f"application/x-amz-json-{version}", "x-amzn-requestid": "replay"}


def _decoded_cbor(content: bytes) -> dict[str, Any]:
    return RpcV2CBORParser()._initial_body_parse(content) or {}


def _cbor_of_texts(body: Mapping[str, str]) -> bytes:
    """A map of short texts (RFC 8949, section 3.1): error bodies have no model to serialise them by."""
    texts = [text.encode() for item in body.items() for text in item]
    return bytes([0xA0 | len(body)]) + b"".join(b"\x79" + len(text).to_bytes(2, "big") + text for text in texts)


def _encoded(shape: Shape, value: Any) -> Any:
    """Timestamps as the JSON protocols carry them: seconds since 1970."""
    match shape.type_name:
        case "structure":
            return {name: _encoded(shape.members[name], part) for name, part in value.items()}
        case "list":
            return [_encoded(shape.member, part) for part in value]
        case "map":
            return {key: _encoded(shape.value, part) for key, part in value.items()}
        case "timestamp" if isinstance(value, datetime):
            return value.astimezone(UTC).timestamp()
    return value
