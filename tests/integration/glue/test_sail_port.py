"""Sail listens on a port of its own, and runs what it is sent: a browser's HTTP is no request for it."""

import os
import socket

import pytest

HEADS = (
    "GET / HTTP/1.1\r\nHost: {host}",
    "POST /spark.connect.SparkConnectService/Config HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\n"
    "Content-Type: application/grpc\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0",
    "POST /spark.connect.SparkConnectService/ExecutePlan HTTP/1.1\r\nHost: {host}\r\n"
    "Content-Type: application/grpc-web+proto\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0",
    "POST /spark.connect.SparkConnectService/ExecutePlan HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\n"
    "Content-Length: 24\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "OPTIONS /spark.connect.SparkConnectService/Config HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\n"
    "Access-Control-Request-Method: POST",
    "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    "GET / HTTP/1.1\r\nHost: {host}\r\nOrigin: null\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


def test_http_of_browsers_is_not_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP/2 without TLS begins with a preface that no browser sends (RFC 9113 §3.4)."""
    monkeypatch.setitem(os.environ, "RUST_LOG", "off")
    from pysail.spark import SparkConnectServer  # noqa: PLC0415 - its log level is read when it loads

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    try:
        address = server.listening_address
        for head in HEADS:
            with socket.create_connection(address, timeout=20) as connection:
                connection.sendall(f"{head}\r\n\r\n".format(host=f"127.0.0.1:{address[1]}").encode())
                answer = bytearray()
                try:
                    while part := connection.recv(1000):
                        answer += part
                except ConnectionResetError:
                    pass
            assert not answer.startswith(b"HTTP/"), head
            assert len(answer) < 100, "the settings of an HTTP/2 connection, then its end"
    finally:
        server.stop()
