"""The service: pipeline, command line, HTTP interface, database, jobs. Only this package wires the others together."""
