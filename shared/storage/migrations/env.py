"""What Alembic runs for every command: it works on the connection that it is given, in that one's transaction."""

from alembic import context

from shared.storage.migrations.configuration import is_ours

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=given["metadata"],
    render_as_batch=True,
    compare_type=True,
    include_name=is_ours,
)
with context.begin_transaction():
    context.run_migrations()
