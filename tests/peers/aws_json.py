"""AWS services that moto lacks: each answer comes from a test, and botocore's own models check question and answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from tests.peers.aws_wire import error_of, is_signed, read, reply_of
from tests.peers.http_replay import NOT_SCRIPTED, Fault, HttpReply, HttpRequest, NotScripted, ReplayServer

SERVICES: Final = (
    "ce",
    "cur",
    "bcm-data-exports",
    "pricing",
    "cost-optimization-hub",
    "savingsplans",
    "invoicing",
    "compute-optimizer",
    "ec2",
)
ACCESS_KEY_ID: Final = "testing"
KEYS: Final = {"TEST_AWS_ACCESS_KEY_ID": ACCESS_KEY_ID, "TEST_AWS_SECRET_ACCESS_KEY": "testing"}

Answer = Callable[[dict[str, Any]], Mapping[str, Any]]


class AwsFault(Exception):
    """Raised by an answer: the service's error ``code`` with an HTTP status."""

    def __init__(self, code: str, http_status: int = 400, message: str = "injected") -> None:
        super().__init__(code)
        self.code = code
        self.http_status = http_status
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsCall:
    """One request. ``signed`` is whether it carried a version 4 signature for the service's name."""

    service: str
    operation: str
    body: dict[str, Any] = field(repr=False)
    signed: bool


class AwsJsonServer(ReplayServer):
    """Answers for the services in ``SERVICES``; EC2 is there for its reserved instances, which moto cannot list."""

    def __init__(self) -> None:
        loader = create_loader()
        self._models = {name: ServiceModel(loader.load_service_model(name, "service-2"), name) for name in SERVICES}
        self._answers: dict[tuple[str, str], Answer] = {}
        self._clients: list[Any] = []
        self.requests: list[AwsCall] = []
        self.environ: Final = dict(KEYS)
        super().__init__()
        self.endpoint_url: Final = self.origin

    def client(self, service: str, region: str = "us-east-1", **config: Any) -> Any:
        """A boto3 client of the service that talks to this server, which closes it; ``config`` is botocore's."""
        made = boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=KEYS["TEST_AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["TEST_AWS_SECRET_ACCESS_KEY"],
            config=Config(**config) if config else None,
        )
        self._clients.append(made)
        return made

    def close(self) -> None:
        """Stop serving."""
        for client in self._clients:
            client.close()
        super().close()

    def on(self, service: str, operation: str) -> Callable[[Answer], Answer]:
        """Register the answer to an operation: from the request's members to the reply's, as botocore names them."""
        self._models[service].operation_model(operation)  # an operation that does not exist is an error here

        def register(answer: Answer) -> Answer:
            self._answers[service, operation] = answer
            return answer

        return register

    def fail_next(
        self,
        code: str,
        http_status: int = 400,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        message: str = "injected",
        *,
        on: str = "",
    ) -> None:
        """Answer the next requests with an error of the service, as ThrottlingException or AccessDeniedException."""

        def reply(request: HttpRequest) -> HttpReply:
            operation, _ = read(request, tuple(self._models.values()))
            error = error_of(operation, code, http_status, message)
            return replace(error, headers={**error.headers, **(headers or {})})

        self._add(Fault(on=on, reply=reply), times)

    def calls(self, service: str, operation: str) -> int:
        """How often an operation was asked for, faults included."""
        return sum(call.service == service and call.operation == operation for call in tuple(self.requests))

    def reset(self) -> None:
        """Forget answers, faults and requests."""
        super().reset()
        self._answers.clear()
        self.requests.clear()

    def record(self, request: HttpRequest) -> None:
        """Keep the request as a call, if it is one."""
        try:
            operation, body = read(request, tuple(self._models.values()))
        except (NotScripted, ValueError):
            return
        service = operation.service_model.service_name
        signed = is_signed(request, operation, ACCESS_KEY_ID)
        self.requests.append(AwsCall(service=service, operation=operation.name, body=body, signed=signed))

    def mistake(self, request: HttpRequest, message: str) -> HttpReply:
        """As an error of the service, if the request is for one."""
        try:
            operation, _ = read(request, tuple(self._models.values()))
        except (NotScripted, ValueError):
            return super().mistake(request, message)
        return error_of(operation, "NotScripted", NOT_SCRIPTED, message)

    def answer(self, request: HttpRequest) -> HttpReply:
        """The registered answer, or the error that the service would give."""
        operation, body = read(request, tuple(self._models.values()))
        if not is_signed(request, operation, ACCESS_KEY_ID):
            return error_of(operation, "MissingAuthenticationToken", 403, "the request is not signed for this service")
        if operation.input_shape is not None:
            report = ParamValidator().validate(body, operation.input_shape)
            if report.has_errors():
                return error_of(operation, "ValidationException", 400, report.generate_report())
        service = operation.service_model.service_name
        answer = self._answers.get((service, operation.name))
        if answer is None:
            raise NotScripted(f'no answer for {service}.{operation.name}: register one with on("{service}", ...)')
        try:
            reply = answer(body)
        except AwsFault as fault:
            return error_of(operation, fault.code, fault.http_status, fault.message)
        report = ParamValidator().validate(dict(reply), operation.output_shape)
        if report.has_errors():
            faults = report.generate_report()
            raise NotScripted(f"the answer to {service}.{operation.name} breaks botocore's model: {faults}")
        return reply_of(operation, dict(reply))
