import type { DatabaseSync, SQLInputValue } from 'node:sqlite'

/** A row by column. */
export type StoredRow = Readonly<Record<string, SQLInputValue>>
/** Rows by table. */
export type StoredRows = Readonly<Record<string, readonly StoredRow[]>>

/** A table whose rows belong to accounts, and the tables whose rows belong to its rows. */
export interface AccountTable {
  readonly name: string
  readonly children: readonly ChildTable[]
}

interface ChildTable {
  readonly name: string
  /** Its column with the id of the row that it belongs to. */
  readonly column: string
  /** The column of the parent with that id. */
  readonly parentColumn: string
}

/**
 * Finds the tables of accounts in the schema, so that a table that is added later is sealed too: those with a
 * column `account_id`, and those with a foreign key to one of them.
 */
export function accountTables(database: DatabaseSync): readonly AccountTable[] {
  const names = database
    .prepare(
      `SELECT name FROM sqlite_schema AS one WHERE type = 'table'
         AND EXISTS (SELECT 1 FROM pragma_table_info(one.name) WHERE name = 'account_id')`,
    )
    .all()
    .map(({ name }) => String(name))
  const children = database.prepare(
    `SELECT one.name AS name, key."from" AS "column", key."to" AS parent
     FROM sqlite_schema AS one, pragma_foreign_key_list(one.name) AS key
     WHERE one.type = 'table' AND key."table" = ?`,
  )
  return names.map((name) => ({
    name,
    children: children.all(name).map((line) => ({
      name: String(line['name']),
      column: String(line['column']),
      parentColumn: String(line['parent']),
    })),
  }))
}

interface RowFilter {
  readonly accountIds: readonly string[]
  /** How many rows of the table itself. */
  readonly limit: number
  readonly beforeDelete: (table: string, rows: readonly StoredRow[]) => void
}

/**
 * Deletes some rows of these accounts from a table, with the rows that belong to them, and returns all of them.
 */
export function takeRows(
  database: DatabaseSync,
  { name, children }: AccountTable,
  { accountIds, limit, beforeDelete }: RowFilter,
): StoredRows {
  const found = database
    .prepare(
      `SELECT rowid AS sealed_rowid, * FROM ${name}
       WHERE account_id IN (SELECT value FROM json_each(?)) LIMIT ?`,
    )
    .all(JSON.stringify(accountIds), limit)
  beforeDelete(name, found)
  const taken: Record<string, readonly StoredRow[]> = {}
  for (const { name: child, column, parentColumn } of children) {
    const ids = JSON.stringify(found.map((row) => row[parentColumn]))
    const condition = `${column} IN (SELECT value FROM json_each(?))`
    taken[child] = database.prepare(`SELECT * FROM ${child} WHERE ${condition}`).all(ids)
    database.prepare(`DELETE FROM ${child} WHERE ${condition}`).run(ids)
  }
  database
    .prepare(`DELETE FROM ${name} WHERE rowid IN (SELECT value FROM json_each(?))`)
    .run(JSON.stringify(found.map((row) => row['sealed_rowid'])))
  taken[name] = found.map(({ sealed_rowid: _rowid, ...row }) => row)
  return taken
}

/** Inserts rows, those that others refer to first. A row that exists already stays as it is. */
export function insertRows(database: DatabaseSync, rows: StoredRows): void {
  const references = database.prepare('SELECT count(*) AS count FROM pragma_foreign_key_list(?)')
  const depth = (table: string) => Number(references.get(table)?.['count'])
  const tables = Object.keys(rows).sort((a, b) => depth(a) - depth(b))
  for (const table of tables) {
    const [first] = rows[table] ?? []
    if (!first) continue
    const columns = Object.keys(first)
    const insert = database.prepare(
      `INSERT INTO ${table} (${columns.map((column) => `"${column}"`).join(', ')})
       VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`,
    )
    for (const row of rows[table] ?? []) insert.run(...columns.map((column) => row[column] ?? null))
  }
}
