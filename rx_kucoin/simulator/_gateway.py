"""The WebSocket gateway of one market: who is let in, what each request is answered, who is sent away."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from aiohttp import WSMsgType, web

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._doors import Doors
from rx_kucoin.simulator._record import Dial, Line
from rx_kucoin.simulator._requests import Refused, check, read
from rx_kucoin.simulator._streams import Stream, Streams, write
from rx_kucoin.simulator._wire import Wire

__all__ = ["Gateway"]

ACK_PAUSE: Final = (0.002, 0.03)


class Gateway:
    """Connections to one market."""

    def __init__(self, market: Market, doors: Doors, streams: Streams) -> None:
        self._market: Market = market
        self._doors, self._streams = doors, streams
        self._answers: dict[Any, Callable[[Wire, dict[str, Any]], None]] = {
            "ping": self._ping,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
        }

    async def dial(self, request: web.Request) -> web.StreamResponse:
        """Take one connection through its whole life."""
        now, doors = time.monotonic(), self._doors
        fault = doors.faults.take("refuse_dials")
        if fault is not None:
            return self._turn_away(now, fault["status"])
        crowded = doors.crowded(now)
        if crowded and doors.settings.dial_refusal == "http":
            return self._turn_away(now, 429)
        response = web.WebSocketResponse(autoping=False, timeout=1.0, max_msg_size=1 << 20)
        await response.prepare(request)
        wire, refused = self._admit(request, response, now, crowded=crowded)
        if refused is None:
            self._welcome(wire, request.query.get("connectId") or self._doors.ticket())
        else:
            doors.record.dials[-1] = Dial(now, self._market, refused.text)
            self._doors.refuse(wire, None, "", refused)
            wire.hang_up(refused.text)
        try:
            await self._listen(wire, response)
        finally:
            self._streams.leave(wire)
            doors.wires.pop(wire.line.number, None)
            wire.line.closed_at = time.monotonic()
            wire.line.ended = wire.line.ended or "the client left"
            await wire.gone()
        return response

    def _turn_away(self, now: float, status: int) -> web.Response:
        self._doors.record.dials.append(Dial(now, self._market, f"HTTP {status}"))
        return web.json_response({"code": f"{status}000", "msg": "Refused"}, status=status)

    def _admit(
        self, request: web.Request, response: web.WebSocketResponse, now: float, *, crowded: bool
    ) -> tuple[Wire, Refused | None]:
        doors, settings = self._doors, self._doors.settings
        token = doors.tokens.check(request.query.get("token", ""), self._market, now)
        line = Line(doors.number(), self._market, private=not isinstance(token, str) and token.private, dialled_at=now)
        line.delay = doors.dice.uniform(*settings.latency)
        wire = Wire(response, request, line)
        full = len(doors.wires) >= settings.connection_limit
        doors.record.dials.append(Dial(now, self._market))
        doors.record.lines.append(line)
        doors.wires[line.number] = wire
        if (fault := doors.faults.take("refuse_sockets")) is not None:
            return wire, Refused(fault["code"], fault["text"])
        if crowded:
            return wire, Refused(509, "service busy, please retry later")
        if isinstance(token, str):
            return wire, Refused(401, token)
        if full:
            limit = settings.connection_limit
            return wire, Refused(509, f"exceed max session count limitation of {limit}")
        line.fresh_token, token.used = not token.used, True
        return wire, None

    def _welcome(self, wire: Wire, name: str) -> None:
        fault = self._doors.faults.take("welcome") or {"seconds": 0.0}
        if fault["seconds"] is None:
            return
        wire.line.welcomed_at = time.monotonic() + fault["seconds"]
        wire.say(write({"id": name, "type": "welcome"}), later=fault["seconds"])

    async def _listen(self, wire: Wire, response: web.WebSocketResponse) -> None:
        async for message in response:
            if message.type is WSMsgType.PING:
                if not wire.muted:
                    await response.pong(message.data)
            elif message.type in {WSMsgType.TEXT, WSMsgType.BINARY} and not wire.ending:
                self._hear(wire, message.data)

    def _hear(self, wire: Wire, text: str | bytes) -> None:
        now, limit = time.monotonic(), self._doors.settings.message_rate
        wire.heard_at = now
        wire.line.arrivals.append(now)
        wire.recent.append(now)
        while now - wire.recent[0] >= limit.per:
            wire.recent.popleft()
        if len(wire.recent) > limit.count:
            self._doors.refuse(wire, None, "", Refused(509, "exceed max permits per second"))
            wire.bye("exceed max permits per second")
            return
        if wire.line.welcomed_at is None or now < wire.line.welcomed_at:
            self._doors.note(wire, "", "", Refused(0, "said before the welcome, and not heard"))
            return
        request = read(text)
        if isinstance(request, Refused):
            self._doors.refuse(wire, None, "", request)
            return
        kind = request.get("type")
        answer = self._answers.get(kind) if isinstance(kind, str) else None
        if answer is None:
            reason = "type is not supported" if isinstance(kind, str) else "command type is invalid"
            self._doors.refuse(wire, request.get("id"), "", Refused(415, reason))
            return
        answer(wire, request)

    def _ping(self, wire: Wire, request: dict[str, Any]) -> None:
        wire.line.pings += 1
        name = {"id": str(request["id"])} if "id" in request else {}
        wire.say(write({**name, "type": "pong", "timestamp": self._doors.settings.now_ns() // 1000}))

    def _subscribe(self, wire: Wire, request: dict[str, Any]) -> None:
        wire.line.subscribes += 1
        topics = self._checked(wire, request, adds=True)
        for topic in topics or ():
            if topic not in wire.line.live:
                wire.line.live.add(topic)
                self._join(topic, wire)
        if topics is not None:
            self._ack(wire, request)

    def _join(self, topic: str, wire: Wire) -> None:
        stream = self._streams.get(topic)
        if stream is not None:
            stream.listeners[wire] = None
            self._streams.burst(stream, wire)

    def _unsubscribe(self, wire: Wire, request: dict[str, Any]) -> None:
        topics = self._checked(wire, request, adds=False)
        if topics is None:
            return
        late = self._doors.faults.take("late_pushes")
        wire.line.live.difference_update(topics)
        for topic in topics:
            stream = self._streams.get(topic)
            if stream is not None:
                wire.after(late["seconds"] if late else 0.0, partial(self._part, stream, wire))
        self._ack(wire, request)

    def _part(self, stream: Stream, wire: Wire) -> None:
        if stream.topic not in wire.line.live:
            stream.listeners.pop(wire, None)

    def _checked(self, wire: Wire, request: dict[str, Any], *, adds: bool) -> list[str] | None:
        """Give the single topics of a request, or refuse it as a whole."""
        verdict = check(request, wire.line, self._doors.settings, self._doors.faults, adds=adds)
        if isinstance(verdict, Refused):
            self._doors.refuse(wire, request.get("id"), str(request.get("topic", "")), verdict)
            return None
        return verdict

    def _ack(self, wire: Wire, request: dict[str, Any]) -> None:
        if request.get("response") is not True:
            return
        doors = self._doors
        late = doors.dice.uniform(*ACK_PAUSE) if doors.dice.random() < doors.settings.late_ack else 0.0
        fault = doors.faults.take("acks") or {"seconds": late}
        if fault["seconds"] is not None:
            wire.say(write({"id": str(request.get("id", "")), "type": "ack"}), later=fault["seconds"])
