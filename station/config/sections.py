"""The sections of the configuration: every setting, with its unit, its default and what its edge values do.

Durations are `timedelta` here and numbers of seconds in YAML. The models are frozen: whoever wants another
value writes it in station.yaml, or in the environment, and starts the station again.
"""

import ipaddress
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, model_validator

from station.config.codes import ProblemCode
from station.config.instruments import CALIBRATED_UNTIL, OWN, shared_names
from station.config.kinds import (
    UNIT,
    Count,
    DatabaseUrl,
    EmptyList,
    EmptyMapping,
    FilePath,
    Folder,
    HostAndPort,
    HostName,
    Identifier,
    Network,
    NotBool,
    Pattern,
    Port,
    Seconds,
    SecondsOrZero,
    Secret,
    Size,
    Text,
    Upper,
    UrlPath,
    WebAddress,
    is_bcrypt,
    refused,
    size_in_bytes,
)


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _unit(name: str) -> dict[str, Any]:
    return {UNIT: name}


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


class Section(BaseModel):
    """Base of every part of the configuration."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        # A refused value may be a secret; the messages of station.config.load decide what may be shown.
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _nothing_means_defaults(cls, data: object) -> object:
        # `logging:` with every line below it commented out.
        return {} if data is None else data


class StationSection(Section):
    """Which station this is."""

    id: Identifier
    """Identity at the MES, in queue names and workflow ids; changing it orphans what is running."""
    name: Text
    """What people call it; shown on the screen and in reports."""
    description: Text = ""
    """One line about its purpose; may be empty."""


RoleName = Literal["viewer", "operator", "manager", "admin"]
"""The roles of station.domain.roles; each may do all that the one before it may."""


class BasicAuth(Section):
    """The one account of `type: basic`; also the account for which `type: jwt` issues tokens."""

    username: Text = ""
    """Name of the account; required when used."""
    password_hash: Secret = SecretStr("")
    """bcrypt hash of the password (never the password itself; `station password-hash` makes one); required when
    used."""
    role: RoleName = "admin"
    """What the account may do."""


class JwtAuth(Section):
    """How tokens are signed with `type: jwt`."""

    secret_key: Secret = SecretStr("")
    """Key that signs the tokens, 32 characters or more are advised; required when used."""
    algorithm: Literal["HS256"] = "HS256"
    """Signature algorithm; there is one."""
    expire_minutes: Annotated[int, Field(ge=1, le=525_600, json_schema_extra=_unit("min")), NotBool] = 60
    """How long a token is valid; at most a year."""


class ApiKeyAuth(Section):
    """The keys of `type: api_key`."""

    keys: Annotated[list[SecretStr], EmptyList] = []
    """Keys that are accepted, so that they can be changed one after the other; at least one when used."""
    role: RoleName = "operator"
    """What callers with one of these keys may do; keys of `station key` have a role of their own."""


class AuthSection(Section):
    """Who may use the API and the screen."""

    enabled: bool = False
    """Whether callers must log in. False: only addresses of the whitelist are served."""
    type: Literal["basic", "jwt", "api_key"] = "basic"
    """How callers log in when `enabled` is true."""
    basic: BasicAuth = BasicAuth()
    jwt: JwtAuth = JwtAuth()
    api_key: ApiKeyAuth = ApiKeyAuth()
    whitelist: Annotated[list[Network], EmptyList] = ["127.0.0.1", "::1"]
    """Addresses and networks served without logging in; an empty list: nobody is."""
    whitelist_role: Literal["none", "viewer", "operator", "manager", "admin"] = "operator"
    """What they may do without logging in when `enabled` is true; none: they must log in as everybody else. When it
    is false they may do everything."""
    session_minutes: Annotated[int, Field(ge=1, le=43_200, json_schema_extra=_unit("min")), NotBool] = 600
    """How long somebody stays logged in in a browser without using it."""
    lock_operator: SecondsOrZero = _s(600)
    """How long the operator's screen of somebody who logged in is left alone until it is locked: it goes on showing,
    and only STOP is taken until somebody logs in. 0: never."""
    lock_engineer: SecondsOrZero = _s(300)
    """The same for the engineer's screens. 0: never."""
    failed_logins: Annotated[int, Field(ge=3, le=1_000_000), NotBool] = 10
    """Wrong logins within five minutes, from one address or for one user, after which neither may try for a while. A
    large number lets passwords and keys be guessed; it is for tests."""

    def networks(self) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        """Give the whitelist as networks; a single address is a network of one."""
        return [ipaddress.ip_network(text) for text in self.whitelist]

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if not self.enabled:
            return self
        missing: list[str] = []
        basic_needed = self.type in {"basic", "jwt"}
        if basic_needed and not self.basic.username:
            missing.append("basic.username")
        if basic_needed and not is_bcrypt(self.basic.password_hash.get_secret_value()):
            missing.append("basic.password_hash (a bcrypt hash)")
        if self.type == "jwt" and not self.jwt.secret_key.get_secret_value():
            missing.append("jwt.secret_key")
        keys = [key.get_secret_value() for key in self.api_key.keys]
        if self.type == "api_key" and not (keys and all(keys)):
            missing.append("api_key.keys (at least one, none empty)")
        if missing:
            text = f'nobody could log in; enabled with type "{self.type}" it needs {", ".join(missing)}'
            raise refused(ProblemCode.LOGIN_IMPOSSIBLE, text, type=self.type, missing=", ".join(missing))
        return self


class ServerSection(Section):
    """Where the API and the screen are served."""

    enabled: bool = True
    """Whether they are served at all; without them there is the command line."""
    host: HostName = "127.0.0.1"
    """Address to listen on. 127.0.0.1: this machine only; 0.0.0.0: every network, guarded by `auth`."""
    port: Annotated[int, Field(ge=0, le=65535), NotBool] = 8080
    """TCP port to listen on; 0: any free one, for tests. `data/run/api.json` says which."""
    allowed_hosts: Annotated[list[HostName], EmptyList] = []
    """Names under which the station may be asked for, besides its addresses, its host name and localhost; a request
    under another name is refused, because a page of another site may have sent it."""
    rate_limit: Annotated[int, Field(ge=1, le=1_000_000, json_schema_extra=_unit("requests/min")), NotBool] | None = 100
    """Requests a minute of one address that has not logged in; the whitelist and this machine are not counted, nor are
    the files of the screen. null: as many as it likes."""
    upload_max: Size = "50MB"
    """Size a sequence package may have that is sent to the station, as a zip; KB, MB, GB are powers of 1024, a bare
    number is bytes."""
    auth: AuthSection = AuthSection()

    @property
    def upload_bytes(self) -> int:
        """`upload_max` as a number of bytes."""
        return size_in_bytes(self.upload_max)


class BreakerSection(Section):
    """When the MES counts as away, so that nobody waits for it in vain."""

    threshold: Annotated[int, Field(ge=1, le=1000), NotBool] = 5
    """Failures in a row after which it is not asked any more."""
    recovery: Seconds = _s(60)
    """How long it is left alone then, before one call tries it again."""


class BackendSection(Section):
    """The MES (NeuroHub) that is told what happens to each unit."""

    url: WebAddress = ""
    """Where the MES is. Empty: the station works without one, and says so."""
    api_key: Secret = SecretStr("")
    """Key sent to the MES; may be empty."""
    sync_interval: Seconds = _s(30)
    """Accepted so that older files load. What is owed is sent at once, and again as soon as the MES is back."""
    station_id: Text = ""
    """The station's identity at the MES. Empty: `station.id`."""
    equipment_id: Text = ""
    """The equipment's identity at the MES; may be empty."""
    timeout: Seconds = _s(30)
    """How long one call to the MES may take."""
    max_retries: Count = 5
    """Accepted so that older files load. Nothing is dropped after this many tries: what is owed is sent until it
    is delivered or a person discards it."""
    profile: Literal["documented", "neurohub"] = "documented"
    """How the MES speaks: as its contract is documented, or as the real NeuroHub behaves."""
    wip_pattern: Pattern = "^WIP-[A-Z0-9]{11,13}-[0-9]{3}$"
    """What a WIP id looks like; scans that do not match are refused."""
    online_wait: SecondsOrZero = _s(3)
    """How long a starting run waits for the MES before it goes on with the report queued; 0: not at all."""
    auto_convert: bool = False
    """Whether a unit that passed its last process is converted to a serial number without being asked for."""
    on_error: Literal["ask", "retry", "rework", "scrap"] = "ask"
    """What becomes of a unit whose run ended in ERROR, which says nothing about it. ask: a person decides."""
    on_abort: Literal["ask", "retry", "rework", "scrap"] = "ask"
    """What becomes of a unit whose run was aborted. ask: a person decides."""
    health_path: UrlPath = "/api/health"
    """Path of the MES that answers when it is alive; begins with a slash. With profile neurohub the documented
    path means `/health`, which is where the real one answers."""
    auth: Literal["bearer", "api_key", "jwt"] = "bearer"
    """Who the station is to the MES: `api_key` as a bearer token, `api_key` in X-API-Key, or a user who logs in."""
    username: Text = ""
    """The user of `auth: jwt`; required then."""
    password: Secret = SecretStr("")
    """The user's password; required with `auth: jwt`."""
    login_path: UrlPath = "/api/v1/auth/login/json"
    """Path of the MES where the user of `auth: jwt` logs in; `refresh` beside it renews."""
    rate_limit: Annotated[int, Field(ge=1, le=100_000, json_schema_extra=_unit("calls/min")), NotBool] | None = None
    """Calls per minute the whole station makes at most. null: 90 with profile neurohub, else as many as it likes."""
    breaker: BreakerSection = BreakerSection()
    webhook_url: WebAddress = ""
    """Where a message is posted when the MES goes away and when it is back. Empty: nowhere."""

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        if self.url and self.auth == "jwt" and not (self.username and self.password.get_secret_value()):
            raise refused(ProblemCode.MES_LOGIN_MISSING, 'auth "jwt" needs username and password')
        return self


class ResourceLimits(Section):
    """What one batch's process may use."""

    max_memory_mb: Annotated[int, Field(ge=64, le=1_048_576, json_schema_extra=_unit("MB")), NotBool] | None = None
    """Memory the process may use; passing it is a process error. null: no limit."""
    cpu_affinity: Annotated[list[Annotated[int, Field(ge=0, le=4095), NotBool]], Field(min_length=1)] | None = None
    """Numbers of the processor cores it may run on, from 0. null: all."""
    priority: Literal["low", "normal", "high"] = "normal"
    """Its priority in the operating system; high may need rights."""
    timeout_sequence: Seconds = _s(3600)
    """How long a whole run may take, time in which it is paused not counted."""
    timeout_step: Seconds = _s(300)
    """How long one attempt of a step may take, unless the step says otherwise."""
    warn_percent: Annotated[int, Field(ge=1, le=100, json_schema_extra=_unit("%")), NotBool] = 90
    """Share of `max_memory_mb` from which on the screen warns."""


class BatchConfig(Section):
    """One configured slot: a sequence package, the instruments wired to it, and a process of its own."""

    id: Identifier
    """Identity of the batch; no two batches share one."""
    name: Text = ""
    """What people call it. Empty: its id."""
    sequence_package: Folder
    """Folder of the sequence package, relative to the folder in which the station is started."""
    hardware: Annotated[dict[str, Annotated[dict[str, JsonValue], EmptyMapping]], EmptyMapping] = {}
    """Settings of each instrument, by its name in the package's manifest; its driver checks them. Three are the
    station's own. `shared`: the one name of an instrument that several batches use, each in its turn; false where it
    takes several at once. `serial_number` and `calibrated_until`, the last day of its calibration, such as 2027-03-31:
    kept with each run; 14 days before that day the station begins to warn, and refuses nothing."""
    auto_start: bool = False
    """Whether the batch's process is started with the station."""
    parameters: Annotated[dict[str, JsonValue], EmptyMapping] = {}
    """Parameters of the sequence that this batch sets otherwise; the package checks them."""
    process: Annotated[int, Field(ge=1, le=2_147_483_647), NotBool] | None = None
    """Number of the MES process its runs belong to. null: whoever starts a run says it."""
    resource_limits: ResourceLimits = ResourceLimits()

    @property
    def instruments(self) -> dict[str, dict[str, JsonValue]]:
        """What the drivers are given."""
        return {
            name: {key: value for key, value in given.items() if key not in OWN}
            for name, given in self.hardware.items()
        }

    @property
    def shared(self) -> dict[str, str]:
        """The station's name of each instrument that other batches may use too."""
        return shared_names(self.hardware)

    @model_validator(mode="after")
    def _days_can_be_read(self) -> Self:
        for name, given in self.hardware.items():
            day = given.get(CALIBRATED_UNTIL)
            if day is not None and not _is_day(day):
                text = f"{name}.{CALIBRATED_UNTIL} must be a day such as 2027-03-31"
                raise refused(ProblemCode.DATE_INVALID, text, instrument=name)
        return self

    @model_validator(mode="before")
    @classmethod
    def _named_by_its_id(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("id"), str) and data.get("name", "") == "":
            return {**data, "name": data["id"]}
        return data


class LoggingSection(Section):
    """What is logged, and where."""

    level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], Upper] = "INFO"
    """Least severe messages that are kept; upper or lower case."""
    file: FilePath = Path("data/logs/station.log")
    """Log file, relative to the folder in which the station is started."""
    max_size: Size = "10MB"
    """Size at which the file is put aside and a new one begun; KB, MB, GB are powers of 1024, a bare number
    is bytes."""
    backup_count: Annotated[int, Field(ge=0, le=1000), NotBool] = 5
    """How many files put aside are kept; 0: none, the log is then cut off at `max_size`."""

    @property
    def max_bytes(self) -> int:
        """`max_size` as a number of bytes."""
        return size_in_bytes(self.max_size)


class RecoverySection(Section):
    """What happens when the process of a batch dies."""

    enabled: bool = True
    """Whether it is started again without being asked for."""
    max_retries: Count = 3
    """Restarts in a row before the batch goes to error and a person is called; 0: none."""
    backoff_base: Seconds = _s(2)
    """Pause before the first restart; it doubles with each further one."""
    backoff_max: Seconds = _s(60)
    """Longest pause between restarts; not less than `backoff_base`."""
    checkpoint_interval: Annotated[int, Field(ge=1, le=1000, json_schema_extra=_unit("steps")), NotBool] = 1
    """Accepted so that older files load. Every step is a checkpoint, whatever this says."""
    stable_after: Seconds = _s(60)
    """A process that stayed up this long counts its restarts from zero again."""

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.backoff_max < self.backoff_base:
            text = "backoff_max must not be less than backoff_base"
            raise refused(ProblemCode.SETTING_TOO_SMALL, text, setting="backoff_max", least="backoff_base")
        return self


class StepErrors(Section):
    """What happens when a step raises an error."""

    default_action: Literal["retry", "abort", "continue"] = "retry"
    """What is done about errors whose class does not say it: try again, stop the run, or go on."""
    max_retries: Count = 3
    """How often a step is tried again, unless the step says otherwise; 0: never."""
    backoff: SecondsOrZero = _s(1)
    """Pause before the first retry; it doubles with each further one. 0: none."""
    backoff_max: SecondsOrZero = _s(30)
    """Longest pause between retries; not less than `backoff`."""

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.backoff_max < self.backoff:
            text = "backoff_max must not be less than backoff"
            raise refused(ProblemCode.SETTING_TOO_SMALL, text, setting="backoff_max", least="backoff")
        return self


class HardwareErrors(Section):
    """What happens when an instrument does not answer."""

    reconnect_attempts: Count = 3
    """How often it is connected anew before `on_failure`; 0: never."""
    reconnect_delay: SecondsOrZero = _s(5)
    """Pause before each of these tries; 0: none."""
    on_failure: Literal["auto_reconnect", "pause_wait", "safe_stop"] = "pause_wait"
    """And then: go on trying, pause until a person decides, or clean up and stop."""


class ProcessErrors(Section):
    """What happens to a run whose process died in the middle of a step."""

    recovery_mode: Literal["resume", "full_restart", "skip_failed", "ask"] = "resume"
    """Repeat the interrupted step, begin anew, go on after it, or ask a person. Steps declared not repeatable
    always ask."""


class ErrorHandlingSection(Section):
    """What happens on errors, by where they come from."""

    step_errors: StepErrors = StepErrors()
    hardware_errors: HardwareErrors = HardwareErrors()
    process_errors: ProcessErrors = ProcessErrors()


class ExecutionSection(Section):
    """How closely a running step is watched."""

    heartbeat_interval: Seconds = _s(1)
    """How often the process of a batch says that it is alive."""
    heartbeat_timeout: Seconds = _s(5)
    """Silence after which it counts as dead; more than `heartbeat_interval`."""
    grace_period: SecondsOrZero = _s(5)
    """How long a cancelled step may take to yield before its process is ended; 0: it is ended at once."""
    session_lease: Seconds = _s(30)
    """How long instruments stay on with nobody using them before they are made safe."""

    @model_validator(mode="after")
    def _can_be_late(self) -> Self:
        if self.heartbeat_timeout <= self.heartbeat_interval:
            text = "heartbeat_timeout must be more than heartbeat_interval"
            names = {"setting": "heartbeat_timeout", "least": "heartbeat_interval"}
            raise refused(ProblemCode.SETTING_TOO_SMALL, text, **names, more=True)
        return self


class ManualSection(Section):
    """How long somebody may have a slot in hand without doing anything."""

    idle_timeout: Seconds = _s(300)
    """Time without a command after which manual control ends by itself, with the instruments safe."""
    client_timeout: Seconds = _s(15)
    """Time without a sign of life after which a client that promised some is taken for gone."""
    command_timeout: Seconds = _s(60)
    """How long one command may take before it is cut off."""


class TemporalSection(Section):
    """The engine: a Temporal server of the station's own, or one that is already there."""

    address: HostAndPort = ""
    """host:port of a Temporal server. Empty: the station starts one of its own."""
    namespace: Identifier = "default"
    """Namespace on that server; stations can share one."""
    api_key: Secret = SecretStr("")
    """Key for Temporal Cloud; may be empty."""
    tls: bool = False
    """Whether the connection is encrypted; an `api_key` needs it."""
    profile: Text = ""
    """Name of a profile in Temporal's own configuration file. Empty: none."""
    binary: Text = ""
    """Path of the `temporal` program. Empty: that of the installation, then that of PATH."""
    port: Port = 7233
    """Port of the station's own server, on 127.0.0.1."""
    ui_port: Port = 8233
    """Port of its Web UI, on 127.0.0.1; not the same as `port`."""
    ui_url: WebAddress = ""
    """Address of a Web UI that people's browsers reach, to which the screen leads. Empty: that of the station's own
    server, on the station itself; with `address` or `profile`: none."""
    retention_days: Annotated[int, Field(ge=1, le=3650, json_schema_extra=_unit("days")), NotBool] = 30
    """How long the engine keeps the histories of finished runs; results are kept for good."""
    metrics_port: Port | None = None
    """Port on which the engine's metrics are served. null: they are not."""

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        ports = [port for port in (self.port, self.ui_port, self.metrics_port) if port is not None]
        if len(set(ports)) < len(ports):
            raise refused(ProblemCode.PORTS_ALIKE, "port, ui_port and metrics_port must all differ")
        return self


class DatabaseSection(Section):
    """Where results are kept."""

    url: DatabaseUrl = SecretStr("")
    """URL of a PostgreSQL or SQLite database. Empty: SQLite in `station.db` in `data_dir`."""
