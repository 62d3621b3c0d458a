"""The user API: PUT /users/<uuid>, with an id that the client has made."""

from flask import Flask, Response, jsonify, request

from shop import messages
from shop.database import Database
from shop.keys import read_uuid
from shop.web import InvalidError, problem

LONGEST = 200


def add_users(app: Flask, database: Database) -> None:
    """Give the application its routes for users."""

    @app.put("/users/<user>")
    def put_user(user: str) -> Response:
        key, (name, email) = _read_id(user), _read_user(request.get_json(silent=True))
        response = jsonify(id=key, name=name, email=email)
        if _save(database, key, name, email):
            response.status_code = 201
            response.headers["Location"] = f"/users/{key}"
        return response

    @app.get("/users/<user>")
    def show_user(user: str) -> Response:
        with database.transaction() as execute:
            row = execute(
                "SELECT id, name, email FROM users WHERE id = ?", _read_id(user)
            ).fetchone()
        if row is None:
            return problem(404, messages.NO_SUCH_USER)
        return jsonify(dict(zip(("id", "name", "email"), row, strict=True)))

    @app.delete("/users/<user>")
    def delete_user(user: str) -> Response:
        # Gone is gone, also for the second request.
        with database.transaction() as execute:
            execute("DELETE FROM users WHERE id = ?", _read_id(user))
        return Response(status=204)


def _save(database: Database, key: str, name: str, email: str) -> bool:
    """Write the whole user; return whether it is new."""
    with database.transaction() as execute:
        # Of requests that come at once the database lets a single one insert the row.
        inserted = execute(
            "INSERT INTO users (id, name, email) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
            key,
            name,
            email,
        ).rowcount
        if not inserted:
            execute("UPDATE users SET name = ?, email = ? WHERE id = ?", name, email, key)
    return bool(inserted)


def _read_id(text: str) -> str:
    """Return the id in its one canonical form."""
    try:
        return read_uuid(text)
    except ValueError:
        raise InvalidError(messages.BAD_ID) from None


def _read_user(sent: object) -> tuple[str, str]:
    match sent:
        case {"name": str(name), "email": str(email)} if (
            0 < len(name) <= LONGEST and "@" in email and len(email) <= LONGEST
        ):
            return name, email
    raise InvalidError(messages.BAD_USER.format(longest=LONGEST))
