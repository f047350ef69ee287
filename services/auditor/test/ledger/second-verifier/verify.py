#!/usr/bin/env python3
"""Checks an audit log of Aura_Orchestra from files alone, after LEDGER_FORMAT.md.

Only the standard library is used, and nothing of the product: whoever distrusts the
product can read this file in one sitting. Exit code: 0 sound, 1 tampered, 2 cannot tell.
"""
from __future__ import annotations

import argparse
import base64
import binascii
import gzip
import hashlib
import json
import re
import sys
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Iterator

MAX_LINE = 16 * 1024 * 1024
MAX_ENVELOPE = 65_535
TILE_WIDTH = 256

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
EVENT_ID = re.compile(r"([0-9a-f]{2})([0-9a-f]{6})-([0-9a-f]{4})-8([0-9a-f]{3})-8000-([0-9a-f]{12})")
ORIGIN = re.compile(rf"aura_orchestra/({UUID})/([1-9][0-9]{{0,2}})")
DECIMAL = re.compile(r"0|[1-9][0-9]{0,17}")
HASH = re.compile(r"[0-9a-f]{64}")
UUID_OR_EMPTY = re.compile(rf"({UUID})?")
HASH_OR_EMPTY = re.compile(rf"({HASH.pattern})?")
EVENT_TYPE = re.compile(r"[a-z0-9][a-z0-9_]*\.[a-z0-9][a-z0-9_]*")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")

TEXT_KEYS = frozenset(
    "action_id actor_id actor_kind at db_role description event_type from id payload_sha256 request_id"
    " run_id severity source subject_id subject_type task_id to tx v".split())
NEVER_EMPTY = ("db_role", "source")
ACTOR_KIND = re.compile(r"[a-z_]+")
SEVERITIES = frozenset(("info", "warning", "critical"))
COLUMNS = ("id source severity description created_at event_type run_id task_id subject_type subject_id"
           " actor_kind actor_id tx").split()


def _table(rows: str) -> dict[str, frozenset[str]]:
    """Reads `from: to to; from: to`."""
    pairs = (row.split(":") for row in rows.split(";"))
    return {source.strip(): frozenset(targets.split()) for source, targets in pairs}


FIRST = {"task": {"blocked", "ready"}, "run": {"planning"}, "approval": {"pending"}}
MOVES = {
    "task": _table(
        "blocked: ready awaiting_director cancelled; ready: assigned awaiting_director cancelled;"
        "assigned: ready running cancelled; running: submitted ready awaiting_director cancelled;"
        "submitted: verified rejected ready awaiting_director cancelled;"
        "rejected: ready awaiting_director verified cancelled;"
        "awaiting_director: ready verified failed cancelled; failed: ready cancelled"),
    "run": _table(
        "planning: awaiting_director executing failed cancelled;"
        "awaiting_director: planning executing delivering failed cancelled;"
        "executing: awaiting_director delivering failed cancelled;"
        "delivering: executing awaiting_director completed failed cancelled"),
    "approval": _table("pending: approved rejected changes_requested expired voided"),
}


class Unreadable(Exception):
    """The rest of the input cannot be read; what was found until then is already noted."""


class Broken(Exception):
    """Something is not in the form that the format lays down."""


@dataclass
class Findings:
    """Keeps the gravest finding, so that a long list of consequences needs no memory."""

    worst: tuple[int, int, str] | None = None
    unknown: str | None = None

    def contradict(self, reason: str, seq: int | None = None, exact: bool = True) -> None:
        """An event that is itself wrong goes before a range in which something must be wrong."""
        rank = 2 if seq is None else 0 if exact else 1
        found = (rank, seq or 0, reason)
        if self.worst is None or found[:2] < self.worst[:2]:
            self.worst = found

    def cannot_tell(self, reason: str) -> None:
        self.unknown = self.unknown or reason

    def verdict(self) -> tuple[int, dict[str, Any]]:
        """A contradiction outweighs what is missing: more files could not mend it."""
        if self.worst:
            rank, seq, reason = self.worst
            return 1, {"outcome": "tampered", "seq": None if rank == 2 else seq, "reason": reason}
        if self.unknown:
            return 2, {"outcome": "cannot_tell", "seq": None, "reason": self.unknown}
        return 0, {"outcome": "sound", "seq": None, "reason": "everything was checked and holds"}


# --- Ed25519 (RFC 8032) ------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    """Adds in extended coordinates; the formula is complete, so it doubles as well."""
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def _decode(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_base = _decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
assert _base is not None
BASE: Point = _base


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Compares R byte by byte (the equation without cofactor): the strictest reading of the RFC."""
    point, s = _decode(public), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or point is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    steps = (None, BASE, minus, _add(BASE, minus))
    total: Point = (0, 1, 1, 0)
    for bit in range(252, -1, -1):
        total = _add(total, total)
        step = steps[(s >> bit & 1) | (k >> bit & 1) << 1]
        total = _add(total, step) if step else total
    return _encode(total) == signature[:32]


# --- Tree (RFC 9162) ---------------------------------------------------------------------------


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def leaf_hash(envelope: bytes) -> bytes:
    return sha256(b"\0" + envelope)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right)


class Tree:
    """Keeps only the roots of the full subtrees, so that roots of many sizes cost one pass."""

    def __init__(self) -> None:
        self.size = 0
        self.stack: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        size, node = self.size, leaf
        while size & 1:
            node, size = node_hash(self.stack.pop(), node), size >> 1
        self.stack.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self.stack:
            return sha256(b"")
        node = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            node = node_hash(left, node)
        return node


def roots_at(leaves: list[bytes], sizes: set[int]) -> dict[int, bytes]:
    """The roots of the trees over the first leaves, for every size that is asked for."""
    tree, roots = Tree(), {}
    for size in sorted(sizes):
        for leaf in leaves[tree.size:size]:
            tree.append(leaf)
        roots[size] = tree.root()
    return roots


def root_of(leaves: list[bytes]) -> bytes:
    return roots_at(leaves, {len(leaves)})[len(leaves)]


def proves_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn, node = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == root


# --- Keys and checkpoints ----------------------------------------------------------------------


def unbase64(text: Any) -> bytes:
    """Accepts the only form: what is decoded must encode to the same text."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise Broken("a text that is no base64") from error
    if base64.b64encode(data).decode() != text:
        raise Broken("base64 in another than its only form")
    return data


@dataclass(frozen=True)
class Key:
    name: str
    key_id: bytes
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str, kind: int) -> Key:
        """The id is computed again: a key with a mistyped id would silently match nothing."""
        parts = text.split("+", 2)
        if len(parts) != 3 or not parts[0] or re.search(r"\s", parts[0]):
            raise Broken("a key that is not <name>+<id>+<base64>")
        name, digits, data = parts[0], parts[1], unbase64(parts[2])
        key_id = sha256(name.encode() + b"\n" + data)[:4]
        if len(data) != 33 or data[0] != kind or key_id.hex() != digits or _decode(data[1:]) is None:
            raise Broken(f"the key {name} has another type than {kind}, a wrong id or no point")
        return cls(name, key_id, kind, data[1:])

    def verifies(self, text: bytes, signature: bytes) -> bool:
        if self.kind == 4:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            text = f"cosignature/v1\ntime {time}\n".encode() + text
        return ed25519_verify(self.public, text, signature)


@dataclass(frozen=True)
class Note:
    """A checkpoint, and which sorts of the given keys have signed it."""

    origin: str
    log: str
    generation: int
    size: int
    root: bytes
    signed: bool
    cosigned: bool


def parse_origin(text: Any) -> tuple[str, int]:
    match = ORIGIN.fullmatch(text) if isinstance(text, str) else None
    if not match or int(match[2]) > 255:
        raise Broken("an origin that is not aura_orchestra/<uuid>/<generation>")
    return match[1], int(match[2])


def signers(text: bytes, lines: list[str], keys: list[Key]) -> Iterator[Key]:
    """The given keys that have signed; a wrong signature of one of them spoils the note."""
    names, known = {key.name for key in keys}, {(key.name, key.key_id): key for key in keys}
    for line in lines:
        match = re.fullmatch(r"\u2014 ([^ ]+) (.+)", line, re.DOTALL)
        if not match:
            raise Broken("a signature line that is none")
        if match[1] not in names:
            continue
        data = unbase64(match[2])
        if len(data) < 5:
            raise Broken("a signature that is too short")
        key = known.get((match[1], data[:4]))
        if key and not key.verifies(text, data[4:]):
            raise Broken(f"a wrong signature of {key.name}")
        if key:
            yield key


def parse_note(note: Any, keys: list[Key]) -> Note:
    lines = note.split("\n") if isinstance(note, str) else []
    if len(lines) < 6 or lines[3] or lines[-1] or not DECIMAL.fullmatch(lines[1]):
        raise Broken("a note that is not three lines, an empty one and signatures")
    log, generation = parse_origin(lines[0])
    root = unbase64(lines[2])
    if len(root) != 32:
        raise Broken("a root that has not 32 bytes")
    text = "".join(line + "\n" for line in lines[:3]).encode()
    good = list(signers(text, lines[4:-1], keys))
    signed = any(key.kind == 1 and key.name == lines[0] for key in good)
    cosigned = any(key.kind == 4 for key in good)
    return Note(lines[0], log, generation, int(lines[1]), root, signed, cosigned)


# --- Events ------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """RFC 8785 for what an envelope may hold; its keys are ASCII, so any sort order will do."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _no_constant(name: str) -> None:
    raise ValueError(name)


def parse_object(raw: bytes) -> dict[str, Any]:
    """ValueError where the bytes are no JSON object (NaN and Infinity are no JSON)."""
    try:
        value = json.loads(raw.decode(), parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def parse_envelope(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_ENVELOPE:
        raise Broken("an envelope that is too long")
    try:
        event = parse_object(raw)
        if canonical(event) != raw:
            raise Broken("an envelope that is not in canonical form")
    except ValueError as error:
        raise Broken("an envelope that is no well-formed JSON object") from error
    if event.keys() != TEXT_KEYS | {"set"}:
        raise Broken("an envelope with other keys than those of version 1")
    if not all(isinstance(event[key], str) for key in TEXT_KEYS) or not isinstance(event["set"], dict):
        raise Broken("an envelope with a value of the wrong type")
    check_values(event)
    return event


def check_values(event: dict[str, Any]) -> None:
    parts = EVENT_ID.fullmatch(event["id"])
    holds = {
        "v": event["v"] == "1",
        "id": parts is not None and int(parts[1], 16) > 0,
        "tx": parts is not None and event["tx"] == str(int(parts[2] + parts[3] + parts[4], 16)),
        "at": is_time(event["at"]),
        "actor_kind": ACTOR_KIND.fullmatch(event["actor_kind"]),
        "severity": event["severity"] in SEVERITIES,
        "event_type": EVENT_TYPE.fullmatch(event["event_type"]),
        "payload_sha256": HASH_OR_EMPTY.fullmatch(event["payload_sha256"]),
        "run_id": UUID_OR_EMPTY.fullmatch(event["run_id"]),
        "task_id": UUID_OR_EMPTY.fullmatch(event["task_id"]),
        "set": all(re.fullmatch("[a-z][a-z0-9_]*", key) and (value is None or isinstance(value, str))
                   for key, value in event["set"].items()),
        **{key: event[key] != "" for key in NEVER_EMPTY},
    }
    for key, good in holds.items():
        if not good:
            raise Broken(f"an envelope with a wrong {key}")


def is_time(text: str) -> bool:
    """The pattern fixes the form, the parser refuses days and hours that do not exist."""
    try:
        return bool(TIME.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False


@dataclass
class Events:
    """What has to be remembered of the events for the checks that concern several of them."""

    out: Findings
    pack: bool = False
    leaves: list[bytes] = field(default_factory=list)
    last_id: str = ""
    generations: dict[int, int] = field(default_factory=dict)
    restored: set[int] = field(default_factory=set)
    runs: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    seals: int = 0
    subjects: set[tuple[str, str, str]] = field(default_factory=set)
    moves: dict[tuple[str, str], list[tuple[str, int, str, str]]] = field(default_factory=dict)
    gone: list[tuple[int, str]] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)
    kept: list[tuple[int, str]] = field(default_factory=list)
    archived: list[tuple[str, str]] = field(default_factory=list)

    def add(self, seq: int, raw: bytes) -> dict[str, Any] | None:
        """Takes the next event; None if its envelope is broken (it is a leaf all the same)."""
        self.leaves.append(leaf_hash(raw))
        try:
            event = parse_envelope(raw)
        except Broken as error:
            self.out.contradict(str(error), seq)
            return None
        if event["id"] <= self.last_id:
            self.out.contradict("the ids do not rise", seq)
        self.last_id = event["id"]
        self.generations.setdefault(int(event["id"][:2], 16), seq)
        self.note_subject(seq, event)
        self.note_special(seq, event)
        if event["run_id"]:
            self.runs.setdefault(event["run_id"], []).append((seq, self.leaves[-1]))
        return event

    def note_subject(self, seq: int, event: dict[str, Any]) -> None:
        kind, name, counter = event["subject_type"], event["subject_id"], event["id"][-12:]
        if (kind, name, counter) in self.subjects:
            self.out.contradict("two events of one subject have the same counter", seq)
        self.subjects.add((kind, name, counter))
        if kind in MOVES and (event["to"] or event["from"]):
            self.moves.setdefault((kind, name), []).append((counter, seq, event["from"], event["to"]))

    def note_special(self, seq: int, event: dict[str, Any]) -> None:
        values, kind = event["set"], event["event_type"]
        if kind == "run.sealed":
            self.check_seal(seq, event)
        elif kind == "log.restored" and values.get("generation") == str(int(event["id"][:2], 16)):
            self.restored.add(int(event["id"][:2], 16))
        elif kind == "payload.erased" and event["subject_type"] == "audit_payloads":
            self.erased.add(event["subject_id"])
        elif kind == "archive_segment.created":
            ends = (values.get("first_event_id") or "", values.get("last_event_id") or "")
            if all(EVENT_ID.fullmatch(end) for end in ends):
                self.archived.append(ends)

    def check_seal(self, seq: int, event: dict[str, Any]) -> None:
        """Compares a seal with the events of its run before it; it is itself not among them yet."""
        self.seals += 1
        values, run = event["set"], event["run_id"]
        count, root, through = (values.get(key) or "" for key in ("count", "root", "through_seq"))
        if event["subject_type"] != "run_seal" or not run or event["subject_id"] != run:
            self.out.contradict("a seal that does not name its run", seq)
        if not DECIMAL.fullmatch(through) or int(through) >= seq:
            self.out.contradict("a seal that does not end before itself", seq)
            return
        leaves = [leaf for number, leaf in self.runs.get(run, []) if number <= int(through)]
        if count != str(len(leaves)) or root != root_of(leaves).hex():
            self.out.contradict("a seal that does not fit the events of its run", seq)

    def finish(self) -> None:
        """What can be said only once every event is known."""
        for (kind, _), steps in self.moves.items():
            self.check_moves(kind, sorted(steps))
        for seq, name in self.kept:
            if name in self.erased:
                self.out.contradict("a payload that is said to be erased is there", seq)
        for seq, name in self.gone:
            if name not in self.erased and not any(a <= name <= b for a, b in self.archived):
                self.report_missing("a payload is missing and nothing says why", seq)
        for generation, seq in self.generations.items():
            if generation > 1 and generation not in self.restored:
                self.report_missing(f"no log.restored for generation {generation}", seq)
        if self.pack and not self.seals:
            self.out.cannot_tell("no seal shows that the events of the run are complete")

    def report_missing(self, reason: str, seq: int) -> None:
        """A pack holds one run only: what it lacks may stand elsewhere in the log."""
        if self.pack:
            self.out.cannot_tell(reason)
        else:
            self.out.contradict(reason, seq)

    def check_moves(self, kind: str, steps: list[tuple[str, int, str, str]]) -> None:
        status = ""
        for _, seq, source, target in steps:
            legal = target in FIRST[kind] if not status else (
                source == target or target in MOVES[kind].get(source, ()))
            if source != status or not legal:
                self.out.contradict(f"a {kind} goes from '{source}' to '{target}' after '{status}'", seq)
            status = target


# --- Reading the three shapes ------------------------------------------------------------------


@dataclass
class Log:
    """A log as far as it was read; `proofs` are those of a pack, by sequence."""

    events: Events
    origin: str = ""
    size: int = 0
    run_id: str = ""
    notes: list[Note] = field(default_factory=list)
    spoiled: bool = False
    proofs: list[tuple[int, bytes, list[bytes]]] = field(default_factory=list)


def stop(out: Findings, reason: str) -> Unreadable:
    out.cannot_tell(reason)
    return Unreadable(reason)


def add_note(log: Log, text: Any, keys: list[Key], out: Findings) -> None:
    """A checkpoint of the file itself: bad form contradicts, a stranger's signature leaves it open."""
    try:
        note = parse_note(text, keys)
    except Broken as error:
        out.contradict(f"checkpoint: {error}")
        log.spoiled = True
        return
    if not note.signed:
        out.cannot_tell(f"the checkpoint of size {note.size} is not signed by a given key")
    if log.notes:
        last = log.notes[-1]
        if (note.size, note.generation) <= (last.size, last.generation) or note.generation < last.generation:
            out.contradict("the checkpoints are not in order")
    log.notes.append(note)


def read_lines(stream: BinaryIO, out: Findings) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every line as an object, and whether it stands in its one form."""
    while line := stream.readline(MAX_LINE + 2):
        if len(line) > MAX_LINE + 1:
            raise stop(out, "a line is too long to be read")
        if not line.endswith(b"\n"):
            raise stop(out, "the file stops in the middle of a line")
        try:
            value = parse_object(line[:-1])
        except ValueError as error:
            raise stop(out, "a line that is no JSON object") from error
        yield value, in_form(value, line[:-1])


def in_form(value: dict[str, Any], line: bytes) -> bool:
    """Half a surrogate pair can be escaped, but not be written."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() == line
    except UnicodeEncodeError:
        return False


class LineReader:
    """Reads an export or a pack; their lines differ only in the first one and in the proofs."""

    def __init__(self, keys: list[Key], out: Findings) -> None:
        self.keys, self.out, self.log = keys, out, Log(Events(out))
        self.last_seq, self.counted, self.notes, self.stage = -1, 0, 0, "log"

    def read(self, stream: BinaryIO) -> Log:
        for line, good in read_lines(stream, self.out):
            kind = line.get("kind")
            if not good:
                self.refuse("a line that is not in its one form", kind)
            allowed = {"log": ("log",), "event": ("event", "checkpoint", "end"),
                       "checkpoint": ("checkpoint", "end"), "end": ()}[self.stage]
            if self.stage == "log" and kind != "log":
                raise stop(self.out, "the file does not begin with a line about a log")
            if kind not in allowed:
                self.refuse(f"a line of kind {kind!r} in a wrong place", kind)
                raise Unreadable
            self.stage = "event" if kind == "log" else str(kind)
            getattr(self, f"take_{kind}")(line)
        if self.stage != "end":
            raise stop(self.out, "the file stops before its end")
        return self.log

    def refuse(self, reason: str, kind: Any = "event") -> None:
        self.out.contradict(reason, self.last_seq + 1 if kind == "event" else None)

    def expect(self, line: dict[str, Any], keys: str, numbers: str = "") -> None:
        """Keys in their order; numbers are integers that are not negative."""
        wrong = [key for key in numbers.split() if type(line.get(key)) is not int or line[key] < 0]
        if list(line) != keys.split() or wrong:
            self.refuse("a line with other keys or values than its kind has", line.get("kind"))
            raise Unreadable

    def take_log(self, line: dict[str, Any]) -> None:
        self.log.events.pack = line.get("format") == "aura-run/1"
        self.expect(line, "kind format origin size" + " run_id" * self.log.events.pack, "size")
        self.log.origin, self.log.size = line["origin"], line["size"]
        self.log.run_id = line.get("run_id", "")
        try:
            parse_origin(self.log.origin)
        except Broken as error:
            self.out.contradict(f"first line: {error}")
        good_run = isinstance(self.log.run_id, str) and re.fullmatch(UUID, self.log.run_id)
        if line["format"] not in ("aura-export/1", "aura-run/1") or (self.log.events.pack and not good_run):
            self.out.cannot_tell("first line: unknown format or no id of a run")
            raise Unreadable

    def take_event(self, line: dict[str, Any]) -> None:
        events, pack = self.log.events, self.log.events.pack
        keys = "kind seq envelope columns" + " payload" * ("payload" in line) + " proof" * pack
        self.expect(line, keys, "seq")
        seq = line["seq"] if pack else self.last_seq + 1
        if line["seq"] != seq or seq <= self.last_seq:
            self.out.contradict("the sequence has a gap or does not rise", min(seq, line["seq"]))
        self.last_seq, self.counted = max(seq, self.last_seq), self.counted + 1
        event = events.add(seq, str(line["envelope"]).encode("utf-8", "surrogatepass"))
        try:
            if pack:
                self.log.proofs.append((seq, events.leaves[-1], parse_proof(line["proof"])))
            if event is not None:
                self.check_event(seq, event, line)
        except Broken as error:
            self.out.contradict(str(error), seq)

    def check_event(self, seq: int, event: dict[str, Any], line: dict[str, Any]) -> None:
        columns = {key: event["at" if key == "created_at" else key] for key in COLUMNS}
        if line["columns"] != columns or list(line["columns"]) != COLUMNS:
            raise Broken("columns that are not what the envelope says")
        if self.log.events.pack and event["run_id"] != self.log.run_id:
            raise Broken("an event of another run")
        if ("payload" in line) != (event["payload_sha256"] != ""):
            raise Broken("a payload where there is none, or none where there is one")
        if "payload" in line and line["payload"] is None:
            self.log.events.gone.append((seq, event["id"]))
        elif "payload" in line:
            check_payload(line["payload"], event["payload_sha256"])
            self.log.events.kept.append((seq, event["id"]))

    def take_checkpoint(self, line: dict[str, Any]) -> None:
        self.expect(line, "kind note")
        self.notes += 1
        add_note(self.log, line["note"], self.keys, self.out)

    def take_end(self, line: dict[str, Any]) -> None:
        self.expect(line, "kind events checkpoints", "events checkpoints")
        if line["events"] != self.counted or line["checkpoints"] != self.notes:
            self.out.contradict("the last line counts other events or checkpoints")
        if not self.log.events.pack and self.log.size != self.counted:
            self.out.contradict("the first line names another number of events")
        if self.log.events.pack and self.notes > 1:
            self.out.contradict("a pack with more than one checkpoint")


def parse_proof(proof: Any) -> list[bytes]:
    hashes = [unbase64(text) for text in proof] if isinstance(proof, list) else None
    if hashes is None or any(len(item) != 32 for item in hashes):
        raise Broken("a proof that is no list of hashes")
    return hashes


def check_payload(payload: Any, expected: str) -> None:
    if not isinstance(payload, dict) or list(payload) != ["salt", "bytes"]:
        raise Broken("a payload in another form")
    salt = payload["salt"]
    if not isinstance(salt, str) or not HASH.fullmatch(salt):
        raise Broken("a salt that is not 32 bytes in hexadecimal")
    if sha256(bytes.fromhex(salt) + unbase64(payload["bytes"])).hex() != expected:
        raise Broken("a payload that is not the one of the envelope")


class TileReader:
    """Reads a folder of tiles, from the checkpoint in it."""

    def __init__(self, folder: Path, keys: list[Key], out: Findings) -> None:
        self.folder, self.keys, self.out = folder, keys, out
        self.log, self.tiles = Log(Events(out)), dict[str, tuple[str, int]]()

    def read(self) -> Log:
        try:
            add_note(self.log, self.load("checkpoint").decode(), self.keys, self.out)
        except UnicodeDecodeError:
            self.out.contradict("the checkpoint is no text")
        if not self.log.notes:
            raise Unreadable
        self.log.origin, self.log.size = self.log.notes[0].origin, self.log.notes[0].size
        for first in range(0, self.log.size, TILE_WIDTH):
            self.take_bundle(first, min(TILE_WIDTH, self.log.size - first))
        self.check_hashes()
        self.check_rest()
        return self.log

    def load(self, path: str) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except OSError as error:
            raise stop(self.out, f"{path} cannot be read") from error

    def load_tile(self, level: str, number: int, width: int) -> bytes:
        digits = str(number)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i:i + 3] for i in range(0, len(digits), 3)]
        base = f"tile/{level}/" + "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
        path = base if width == TILE_WIDTH else f"{base}.p/{width}"
        self.tiles[base] = (path, width)
        return self.load(path)

    def take_bundle(self, first: int, width: int) -> None:
        data = self.load_tile("entries", first // TILE_WIDTH, width)
        try:
            for offset, raw in enumerate(split_bundle(data, width)):
                self.log.events.add(first + offset, raw)
        except (EOFError, Broken) as error:
            self.out.contradict(str(error), first, exact=False)

    def check_hashes(self) -> None:
        hashes, level = self.log.events.leaves, 0
        while hashes:
            tiles = [hashes[i:i + TILE_WIDTH] for i in range(0, len(hashes), TILE_WIDTH)]
            for number, tile in enumerate(tiles):
                if self.load_tile(str(level), number, len(tile)) != b"".join(tile):
                    first = number * TILE_WIDTH ** (level + 1)
                    self.out.contradict(f"tile {number} of level {level} does not fit", first, exact=False)
            hashes = [root_of(tile) for tile in tiles if len(tile) == TILE_WIDTH]
            level += 1

    def check_rest(self) -> None:
        """Partial tiles of smaller trees may have stayed; anything else no checkpoint covers."""
        used = {path for path, _ in self.tiles.values()}
        for file in sorted((self.folder / "tile").rglob("*")):
            path = file.relative_to(self.folder).as_posix()
            if path in used or not file.is_file():
                continue
            match = re.fullmatch(r"(.+)\.p/([1-9][0-9]{0,2})", path)
            whole, width = self.tiles.get(match[1], ("", 0)) if match else ("", 0)
            if not match or int(match[2]) >= width:
                self.out.cannot_tell(f"{path} is not covered by the checkpoint")
            elif not is_prefix(self.load(path), int(match[2]), self.load(whole), "entries" in path):
                self.out.contradict(f"{path} is not the beginning of {whole}")


def split_bundle(data: bytes, width: int) -> list[bytes]:
    """Entries stand one after the other, each behind its length in two bytes."""
    entries, at = [], 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(data[at:at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise EOFError("fewer entries than there should be")
        entries.append(data[at + 2:end])
        at = end
    if at != len(data):
        raise Broken("entries with something behind them")
    return entries


def is_prefix(part: bytes, width: int, whole: bytes, entries: bool) -> bool:
    try:
        complete = bool(split_bundle(part, width)) if entries else len(part) == 32 * width
    except (EOFError, Broken):
        complete = False
    return complete and whole.startswith(part)


# --- Judging -----------------------------------------------------------------------------------


def read_kept(paths: list[str], keys: list[Key], out: Findings) -> list[Note]:
    """A kept note that is worthless says nothing about the log, so it leaves the answer open."""
    notes = []
    for path in paths:
        try:
            notes.append(parse_note(Path(path).read_bytes().decode(), keys))
        except (OSError, UnicodeDecodeError, Broken) as error:
            out.cannot_tell(f"kept checkpoint {path}: {error}")
    return notes


def check_newest(log: Log, witnesses: bool, out: Findings) -> None:
    if log.spoiled:  # which one is the newest is not known, and the answer is given already
        return
    if not log.notes:
        out.cannot_tell("there is no checkpoint")
        return
    newest = log.notes[-1]
    if newest.origin != log.origin:
        out.contradict("the newest checkpoint is of another origin than the file")
    if newest.size != log.size:
        least = None if log.events.pack else min(newest.size, log.size)
        out.contradict("the newest checkpoint is of another size than the file", least, exact=False)
    if witnesses and not newest.cosigned:
        out.cannot_tell("the newest checkpoint carries no cosignature of a given witness")


def usable_kept(log: Log, kept: list[Note], out: Findings) -> list[Note]:
    """Those kept checkpoints that can be compared with the log."""
    own, generation = parse_origin(log.origin)
    usable = []
    for note in kept:
        if note.log != own:
            out.contradict("a kept checkpoint is of another log")
        elif not note.signed:
            out.cannot_tell("a kept checkpoint is not signed by a given key")
        elif log.events.pack and note.size != log.size:
            out.cannot_tell("a kept checkpoint is of another size than that of the pack")
        else:
            usable.append(note)
            if note.generation > generation:
                out.cannot_tell("a kept checkpoint is of a later generation than the file")
    return usable


def check_tree(log: Log, notes: list[Note], out: Findings) -> None:
    """Every checkpoint must be the root of its events, which makes all of them consistent."""
    leaves = log.events.leaves
    roots = roots_at(leaves, {note.size for note in notes if note.size <= len(leaves)})
    agreed = {note.size for note in notes if roots.get(note.size) == note.root}
    for note in notes:
        if note.size > len(leaves):
            out.contradict(f"a checkpoint covers {note.size} events", len(leaves), exact=False)
        elif roots[note.size] != note.root:
            least = max((size for size in agreed if size < note.size), default=0)
            reason = f"the events from {least} to {note.size - 1} are not those of the checkpoint"
            out.contradict(reason, least if note.size else None, exact=False)


def check_pack(log: Log, notes: list[Note], out: Findings) -> None:
    for note in notes:
        for seq, leaf, proof in log.proofs:
            if not proves_inclusion(leaf, seq, note.size, proof, note.root):
                out.contradict("an event is not proved to be under the checkpoint", seq)
        if note.root != notes[0].root:  # a kept one, also where the pack has no event to prove
            out.contradict("two checkpoints of one size have two roots")


def judge(log: Log, kept: list[Note], witnesses: bool, out: Findings) -> None:
    log.events.finish()
    check_newest(log, witnesses, out)
    try:
        own, generation = parse_origin(log.origin)
    except Broken:
        return
    if any(note.log != own or note.generation > generation for note in log.notes):
        out.contradict("a checkpoint of the file is of another log or of a later generation")
    notes = log.notes + usable_kept(log, kept, out)
    (check_pack if log.events.pack else check_tree)(log, notes, out)
    for note in notes:
        for generation, first in log.events.generations.items():
            if generation > note.generation and first < note.size:
                out.contradict("a checkpoint is over an event of a later generation", first)


def read_log(path: Path, keys: list[Key], out: Findings) -> Log:
    if path.is_dir():
        if (path / "checkpoint").exists() or not (path / "events.jsonl").exists():
            return TileReader(path, keys, out).read()
        path = path / "events.jsonl"
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            return LineReader(keys, out).read(stream)  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error) as error:
        raise stop(out, f"the file cannot be read: {error}") from error


def verify(path: str, key: list[str], witness: list[str], checkpoint: list[str], out: Findings) -> None:
    try:
        keys = [Key.parse(text, 1) for text in key] + [Key.parse(text, 4) for text in witness]
        if not key:
            raise Broken("no key is given")
    except (Broken, UnicodeEncodeError) as error:
        out.cannot_tell(str(error))
        return
    try:
        log = read_log(Path(path), keys, out)
        judge(log, read_kept(checkpoint, keys, out), bool(witness), out)
    except Unreadable:
        return


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks an audit log of Aura_Orchestra.")
    parser.add_argument("path", metavar="PATH")
    for name in ("--key", "--witness", "--checkpoint"):
        parser.add_argument(name, action="append", default=[])
    parser.add_argument("--json", action="store_true")
    given, out = parser.parse_args(), Findings()
    try:
        verify(given.path, given.key, given.witness, given.checkpoint, out)
    except Exception as error:  # an unforeseen failure must neither pass for sound nor for tampered
        out.cannot_tell(f"the check failed: {error!r}")
    code, answer = out.verdict()
    where = "" if answer["seq"] is None else f" at {answer['seq']}"
    print(json.dumps(answer) if given.json else f"{answer['outcome']}{where}: {answer['reason']}")
    return code


if __name__ == "__main__":
    sys.exit(main())
