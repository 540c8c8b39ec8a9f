-- Everything that is collected from Databricks, and nothing else. Run as a metastore admin who is an account admin too,
-- in a workspace whose metastore has the system schemas billing, compute and access enabled. `placement-collector` is the
-- application id of a service principal, which also needs CAN USE on the SQL warehouse of the connection.
-- Source: https://docs.databricks.com/aws/en/admin/system-tables/
GRANT USE CATALOG ON CATALOG system TO `placement-collector`;

-- billing and prices
GRANT USE SCHEMA ON SCHEMA system.billing TO `placement-collector`;
GRANT SELECT ON TABLE system.billing.usage TO `placement-collector`;
GRANT SELECT ON TABLE system.billing.list_prices TO `placement-collector`;

-- usage
GRANT USE SCHEMA ON SCHEMA system.compute TO `placement-collector`;
GRANT SELECT ON TABLE system.compute.node_timeline TO `placement-collector`;
GRANT USE SCHEMA ON SCHEMA system.access TO `placement-collector`;
GRANT SELECT ON TABLE system.access.workspaces_latest TO `placement-collector`;

-- access
GRANT SELECT ON TABLE system.access.table_lineage TO `placement-collector`;

-- total (only with account_host): the role Account admin, which no SQL gives; leave account_host out to do without.
