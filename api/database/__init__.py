"""The application database: engine, column types, migrations. Tables live with the noun that they store."""
