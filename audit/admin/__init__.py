"""The admin's bases: every page of the admin is built on one of them (`audit.admin.base`)."""
