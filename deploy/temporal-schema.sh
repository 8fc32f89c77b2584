#!/bin/sh
# Makes, or brings up to date, the two databases of a Temporal server on PostgreSQL; as often as one likes.
set -eu
for name in temporal temporal_visibility; do
    case "$name" in
        temporal) schema=temporal ;;
        *) schema=visibility ;;
    esac
    tool() {
        temporal-sql-tool --plugin postgres12 --endpoint postgres --port 5432 --user station --database "$name" "$@"
    }
    tool create
    tool setup-schema -v 0.0
    tool update-schema -d "/etc/temporal/schema/postgresql/v12/$schema/versioned"
done
