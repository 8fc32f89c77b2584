"""Runs migrations on the connection that `station.storage.migrate` hands over, inside its transaction."""

from alembic import context

from station.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
