"""The WebSocket gateway of one market: admits connections, answers requests, enforces the message rate."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from aiohttp import WSMsgType, web

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._gateway_state import GatewayState
from rx_kucoin.simulator._log import ConnectionLog, Dial
from rx_kucoin.simulator._requests import ErrorReply, check, read
from rx_kucoin.simulator._socket_writer import SocketWriter
from rx_kucoin.simulator._streams import Stream, Streams, write

__all__ = ["Gateway"]

ACK_PAUSE: Final = (0.002, 0.03)


class Gateway:
    """Serves the connections to one market."""

    def __init__(self, market: Market, state: GatewayState, streams: Streams) -> None:
        self._market: Market = market
        self._state, self._streams = state, streams
        self._answers: dict[Any, Callable[[SocketWriter, dict[str, Any]], None]] = {
            "ping": self._ping,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
        }

    async def dial(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection from its upgrade to its end."""
        now, state = time.monotonic(), self._state
        fault = state.faults.take("refuse_dials")
        if fault is not None:
            return self._refuse_dial(now, fault["status"])
        over_dial_limit = state.over_dial_limit(now)
        if over_dial_limit and state.settings.dial_refusal == "http":
            return self._refuse_dial(now, 429)
        response = web.WebSocketResponse(autoping=False, timeout=1.0, max_msg_size=1 << 20)
        await response.prepare(request)
        writer, error = self._admit(request, response, now, over_dial_limit=over_dial_limit)
        if error is None:
            self._welcome(writer, request.query.get("connectId") or self._state.new_id())
        else:
            state.log.dials[-1] = Dial(now, self._market, error.text)
            self._state.refuse(writer, None, "", error)
            writer.drop(error.text)
        try:
            await self._read(writer, response)
        finally:
            self._streams.leave(writer)
            state.writers.pop(writer.log.number, None)
            writer.log.closed_at = time.monotonic()
            writer.log.ended = writer.log.ended or "the client left"
            await writer.finish()
        return response

    def _refuse_dial(self, now: float, status: int) -> web.Response:
        self._state.log.dials.append(Dial(now, self._market, f"HTTP {status}"))
        return web.json_response({"code": f"{status}000", "msg": "Refused"}, status=status)

    def _admit(
        self, request: web.Request, response: web.WebSocketResponse, now: float, *, over_dial_limit: bool
    ) -> tuple[SocketWriter, ErrorReply | None]:
        state, settings = self._state, self._state.settings
        token = state.tokens.check(request.query.get("token", ""), self._market, now)
        log = ConnectionLog(
            state.next_number(), self._market, private=not isinstance(token, str) and token.private, dialled_at=now
        )
        log.delay = state.rng.uniform(*settings.latency)
        writer = SocketWriter(response, request, log)
        full = len(state.writers) >= settings.connection_limit
        state.log.dials.append(Dial(now, self._market))
        state.log.connections.append(log)
        state.writers[log.number] = writer
        if (fault := state.faults.take("refuse_sockets")) is not None:
            return writer, ErrorReply(fault["code"], fault["text"])
        if over_dial_limit:
            return writer, ErrorReply(509, "service busy, please retry later")
        if isinstance(token, str):
            return writer, ErrorReply(401, token)
        if full:
            limit = settings.connection_limit
            return writer, ErrorReply(509, f"exceed max session count limitation of {limit}")
        log.fresh_token, token.used = not token.used, True
        return writer, None

    def _welcome(self, writer: SocketWriter, name: str) -> None:
        fault = self._state.faults.take("welcome") or {"seconds": 0.0}
        if fault["seconds"] is None:
            return
        writer.log.welcomed_at = time.monotonic() + fault["seconds"]
        writer.send(write({"id": name, "type": "welcome"}), later=fault["seconds"])

    async def _read(self, writer: SocketWriter, response: web.WebSocketResponse) -> None:
        async for message in response:
            if message.type is WSMsgType.PING:
                if not writer.muted:
                    await response.pong(message.data)
            elif message.type in {WSMsgType.TEXT, WSMsgType.BINARY} and not writer.ending:
                self._receive(writer, message.data)

    def _receive(self, writer: SocketWriter, text: str | bytes) -> None:
        now, limit = time.monotonic(), self._state.settings.message_rate
        writer.last_message_at = now
        writer.log.arrivals.append(now)
        writer.recent_messages.append(now)
        while now - writer.recent_messages[0] >= limit.per:
            writer.recent_messages.popleft()
        if len(writer.recent_messages) > limit.count:
            self._state.refuse(writer, None, "", ErrorReply(509, "exceed max permits per second"))
            writer.close("exceed max permits per second")
            return
        if writer.log.welcomed_at is None or now < writer.log.welcomed_at:
            self._state.note(writer, "", "", ErrorReply(0, "sent before the welcome, and ignored"))
            return
        request = read(text)
        if isinstance(request, ErrorReply):
            self._state.refuse(writer, None, "", request)
            return
        kind = request.get("type")
        answer = self._answers.get(kind) if isinstance(kind, str) else None
        if answer is None:
            reason = "type is not supported" if isinstance(kind, str) else "command type is invalid"
            self._state.refuse(writer, request.get("id"), "", ErrorReply(415, reason))
            return
        answer(writer, request)

    def _ping(self, writer: SocketWriter, request: dict[str, Any]) -> None:
        writer.log.pings += 1
        name = {"id": str(request["id"])} if "id" in request else {}
        writer.send(write({**name, "type": "pong", "timestamp": self._state.settings.now_ns() // 1000}))

    def _subscribe(self, writer: SocketWriter, request: dict[str, Any]) -> None:
        writer.log.subscribes += 1
        topics = self._check(writer, request, adds=True)
        for topic in topics or ():
            if topic not in writer.log.subscribed:
                writer.log.subscribed.add(topic)
                self._join(topic, writer)
        if topics is not None:
            self._ack(writer, request)

    def _join(self, topic: str, writer: SocketWriter) -> None:
        stream = self._streams.get(topic)
        if stream is not None:
            stream.subscribers[writer] = None
            self._streams.burst(stream, writer)

    def _unsubscribe(self, writer: SocketWriter, request: dict[str, Any]) -> None:
        topics = self._check(writer, request, adds=False)
        if topics is None:
            return
        late = self._state.faults.take("late_pushes")
        writer.log.subscribed.difference_update(topics)
        for topic in topics:
            stream = self._streams.get(topic)
            if stream is not None:
                writer.after(late["seconds"] if late else 0.0, partial(self._leave, stream, writer))
        self._ack(writer, request)

    def _leave(self, stream: Stream, writer: SocketWriter) -> None:
        if stream.topic not in writer.log.subscribed:
            stream.subscribers.pop(writer, None)

    def _check(self, writer: SocketWriter, request: dict[str, Any], *, adds: bool) -> list[str] | None:
        """Return the single topics of a request, or refuse it as a whole and return `None`."""
        verdict = check(request, writer.log, self._state.settings, self._state.faults, adds=adds)
        if isinstance(verdict, ErrorReply):
            self._state.refuse(writer, request.get("id"), str(request.get("topic", "")), verdict)
            return None
        return verdict

    def _ack(self, writer: SocketWriter, request: dict[str, Any]) -> None:
        if request.get("response") is not True:
            return
        state = self._state
        late = state.rng.uniform(*ACK_PAUSE) if state.rng.random() < state.settings.late_ack else 0.0
        fault = state.faults.take("acks") or {"seconds": late}
        if fault["seconds"] is not None:
            writer.send(write({"id": str(request.get("id", "")), "type": "ack"}), later=fault["seconds"])
