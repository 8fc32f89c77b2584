"""What can be wrong with the settings, as codes for screens that say it in another language."""

from enum import StrEnum


class ProblemCode(StrEnum):
    """Everything that can be wrong with the settings; each is in docs/reference/errors.md."""

    YAML_INVALID = "YAML_INVALID"
    KEY_TWICE = "KEY_TWICE"
    VARIABLE_WRONG = "VARIABLE_WRONG"
    VARIABLE_MISSING = "VARIABLE_MISSING"
    SETTING_MISSING = "SETTING_MISSING"
    SETTING_UNKNOWN = "SETTING_UNKNOWN"
    SETTING_WRONG = "SETTING_WRONG"
    SETTING_NOT_ONE_LINE = "SETTING_NOT_ONE_LINE"
    NETWORK_TOO_PRECISE = "NETWORK_TOO_PRECISE"
    ADDRESS_HOLDS_MORE = "ADDRESS_HOLDS_MORE"
    LOGIN_IMPOSSIBLE = "LOGIN_IMPOSSIBLE"
    MES_LOGIN_MISSING = "MES_LOGIN_MISSING"
    SETTING_TOO_SMALL = "SETTING_TOO_SMALL"
    PORTS_ALIKE = "PORTS_ALIKE"
    BATCH_ID_TWICE = "BATCH_ID_TWICE"
    INSTRUMENT_CLASH = "INSTRUMENT_CLASH"
    PACKAGE_NOT_THERE = "PACKAGE_NOT_THERE"
    DATE_INVALID = "DATE_INVALID"
    SETTING_REFUSED = "SETTING_REFUSED"


class Wanted(StrEnum):
    """What a setting must be, where its type alone does not say it."""

    TEXT_LINE = "text_line"
    IDENTIFIER = "identifier"
    PATH = "path"
    HOST = "host"
    HOST_AND_PORT = "host_and_port"
    URL_PATH = "url_path"
    FOLDER = "folder"
    SIZE = "size"
    NETWORK = "network"
    PATTERN = "pattern"
    WEB_ADDRESS = "web_address"
    DATABASE_URL = "database_url"
    CHOICE = "choice"
    MAPPING = "mapping"
    LIST = "list"
    NULL = "null"
    SECONDS = "seconds"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    ANY = "any"
