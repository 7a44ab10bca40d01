import django.db.models.deletion
import simple_history.models
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("host", models.CharField(max_length=80)),
                ("attempt", models.PositiveIntegerField()),
                ("stream", models.CharField(max_length=80)),
                ("title", models.CharField(max_length=250)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("expired", "Expired"),
                            ("closed", "Closed without a result"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("stuck", models.BooleanField(default=False)),
                ("policy", models.TextField()),
                ("seats", models.TextField()),
                ("form", models.TextField()),
                ("exclusions", models.TextField(default="{}")),
                ("deadline", models.TextField(default="null")),
                ("content", models.TextField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("decides_at", models.DateTimeField(blank=True, null=True)),
                ("next_due_at", models.DateTimeField(blank=True, null=True)),
                ("rungs_taken", models.PositiveSmallIntegerField(default=0)),
                ("overdue", models.BooleanField(default=False)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("closed_because", models.CharField(blank=True, max_length=40)),
                ("tally", models.TextField(default="{}")),
                ("version", models.PositiveIntegerField(default=0)),
                ("reconciled_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("person", models.UUIDField()),
                ("display_name", models.CharField(max_length=150)),
                ("username", models.CharField(max_length=150)),
                ("on_behalf_of_person", models.UUIDField(null=True)),
                ("ordinal", models.PositiveIntegerField()),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("approve", "Approve"),
                            ("reject", "Reject"),
                            ("abstain", "Abstain"),
                            ("withdraw", "Withdraw"),
                        ],
                        max_length=10,
                    ),
                ),
                ("comment", models.TextField(blank=True)),
                ("inputs", models.TextField(default="{}")),
                ("form", models.TextField(default="[]")),
                ("hats", models.TextField(default="[]")),
                ("fingerprint", models.CharField(max_length=64)),
                ("meaning", models.CharField(blank=True, max_length=250)),
                ("decided_at", models.DateTimeField()),
                ("door", models.CharField(max_length=20)),
                ("authenticated_by", models.CharField(max_length=40)),
                ("authenticated_at", models.CharField(blank=True, max_length=40)),
                ("origin", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="HistoricalApproval",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("history_actor", models.CharField(default="", max_length=200)),
                ("history_door", models.CharField(default="", max_length=20)),
                ("history_request", models.CharField(default="", max_length=64)),
                ("history_origin", models.CharField(default="", max_length=64)),
                ("host", models.CharField(max_length=80)),
                ("attempt", models.PositiveIntegerField()),
                ("stream", models.CharField(max_length=80)),
                ("title", models.CharField(max_length=250)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("expired", "Expired"),
                            ("closed", "Closed without a result"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("stuck", models.BooleanField(default=False)),
                ("policy", models.TextField()),
                ("seats", models.TextField()),
                ("form", models.TextField()),
                ("exclusions", models.TextField(default="{}")),
                ("deadline", models.TextField(default="null")),
                ("content", models.TextField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("decides_at", models.DateTimeField(blank=True, null=True)),
                ("next_due_at", models.DateTimeField(blank=True, null=True)),
                ("rungs_taken", models.PositiveSmallIntegerField(default=0)),
                ("overdue", models.BooleanField(default=False)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("closed_because", models.CharField(blank=True, max_length=40)),
                ("history_change_reason", models.TextField(blank=True, default="")),
                ("history_user_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "history_id",
                    models.BigAutoField(editable=False, primary_key=True, serialize=False),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical approval",
                "verbose_name_plural": "historical approvals",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRole",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("history_actor", models.CharField(default="", max_length=200)),
                ("history_door", models.CharField(default="", max_length=20)),
                ("history_request", models.CharField(default="", max_length=64)),
                ("history_origin", models.CharField(default="", max_length=64)),
                ("slug", models.SlugField()),
                ("name", models.CharField(max_length=100)),
                ("description", models.TextField(blank=True)),
                ("rights", models.TextField(default="[]")),
                ("reads_only", models.BooleanField(default=False)),
                ("is_builtin", models.BooleanField(default=False)),
                ("history_change_reason", models.TextField(blank=True, default="")),
                ("history_user_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "history_id",
                    models.BigAutoField(editable=False, primary_key=True, serialize=False),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical role",
                "verbose_name_plural": "historical roles",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRoleAssignment",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("history_actor", models.CharField(default="", max_length=200)),
                ("history_door", models.CharField(default="", max_length=20)),
                ("history_request", models.CharField(default="", max_length=64)),
                ("history_origin", models.CharField(default="", max_length=64)),
                ("valid_from", models.DateTimeField(blank=True, null=True)),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("assigned_at", models.DateTimeField()),
                ("assigned_by", models.CharField(max_length=200)),
                ("history_change_reason", models.TextField(blank=True, default="")),
                ("history_user_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "history_id",
                    models.BigAutoField(editable=False, primary_key=True, serialize=False),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical role assignment",
                "verbose_name_plural": "historical role assignments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalScope",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("history_actor", models.CharField(default="", max_length=200)),
                ("history_door", models.CharField(default="", max_length=20)),
                ("history_request", models.CharField(default="", max_length=64)),
                ("history_origin", models.CharField(default="", max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("everything", "Everything"),
                            ("product", "Product"),
                            ("release", "Release"),
                        ],
                        max_length=12,
                    ),
                ),
                ("path", models.CharField(blank=True, db_index=True, max_length=80)),
                ("label", models.CharField(max_length=250)),
                ("history_change_reason", models.TextField(blank=True, default="")),
                ("history_user_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "history_id",
                    models.BigAutoField(editable=False, primary_key=True, serialize=False),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical scope",
                "verbose_name_plural": "historical scopes",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=100)),
                ("description", models.TextField(blank=True)),
                ("rights", models.TextField(default="[]")),
                ("reads_only", models.BooleanField(default=False)),
                ("is_builtin", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["name"],
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="RoleAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateTimeField(blank=True, null=True)),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("assigned_at", models.DateTimeField()),
                ("assigned_by", models.CharField(max_length=200)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Scope",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("everything", "Everything"),
                            ("product", "Product"),
                            ("release", "Release"),
                        ],
                        max_length=12,
                    ),
                ),
                ("path", models.CharField(blank=True, db_index=True, max_length=80)),
                ("label", models.CharField(max_length=250)),
            ],
            options={
                "permissions": [
                    ("view", "May see"),
                    ("manage", "May create and run releases"),
                    ("start", "May create and start releases"),
                    ("override", "May open a gate by override"),
                    ("report_result", "May report results"),
                    ("configure", "May configure"),
                    ("view_audit", "May see the audit trail"),
                ],
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ScopeGroupPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateTimeField(blank=True, null=True)),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ScopeUserPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateTimeField(blank=True, null=True)),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SeatSource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("right", models.CharField(blank=True, max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="AskedPerson",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_open", models.BooleanField(default=True)),
                ("has_answered", models.BooleanField(default=False)),
                ("due_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField()),
                (
                    "approval",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="asked",
                        to="approvals.approval",
                    ),
                ),
            ],
        ),
    ]
