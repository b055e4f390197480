import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startProgram } from '../../support/command-line.ts'
import { startTestServer } from '../../support/network/test-server.ts'
import { keyringCommand } from '../../support/runner/keyring.ts'
import { commandLineFile } from '../../support/runner/test-programs.ts'

/** Sets the title, clears the screen, changes the colour, reorders the line and forges a second one. */
const hostile = (name: string) => `${name}\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\u2066\nroot# `
// oxlint-disable-next-line no-control-regex -- looks for control characters
const controlling = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/

/** A server whose names and messages try to control the terminal. */
async function startHostileServer(): Promise<string> {
  const { url } = await startTestServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname
    const answer = (status: number, body: object) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (path.endsWith('/auth/login'))
      return answer(200, { access_token: 'access', refresh_token: 'refresh', expires_in: 3600 })
    if (path.endsWith('/users/me')) {
      const team = (id: string) => ({ id, display_name: hostile(`Team ${id}`) })
      const names = { display_name: hostile('Eve'), email_address: hostile('eve@example.com') }
      return answer(200, { id: 'eve', ...names, team_list: [team('one'), team('two')] })
    }
    return answer(403, { error_message: hostile('Forbidden') })
  }, {})
  return url
}

test('names and messages of a server can’t control the terminal', async () => {
  const home = mkdtempSync(join(tmpdir(), 'modelferry-hostile-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const script = `modelferry() { "$NODE" "$COMMAND" "$@"; }
    echo password | modelferry login --email eve@example.com
    modelferry teams
    modelferry teams --json
    modelferry accounts
    modelferry accounts --json
    modelferry logout nobody
    modelferry upload "$COMMAND"
    modelferry upload "$COMMAND" --team nothing
    modelferry workflow "$COMMAND" --team nothing
    modelferry check
    modelferry status
    modelferry logout`
  const env = {
    ...process.env,
    MODELFERRY_SERVER: await startHostileServer(),
    MODELFERRY_HOME: home,
    NODE: process.execPath,
    COMMAND: commandLineFile(),
  }
  const { out, err } = await startProgram(keyringCommand(['sh', '-c', script]), env).ended
  const lines = `${out}${err}`.split('\n')
  expect(out).toContain('Signed in as eve@example.com')
  expect(err).toContain('Team one')
  expect(lines.filter((line) => controlling.test(line) || line.startsWith('root#'))).toEqual([])
  const teams = lines.filter((line) => line.startsWith('{"id"')).map((line) => JSON.parse(line) as unknown)
  expect(teams).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: 'one', name: expect.stringMatching(/^Team one/) as string }),
    ]),
  )
}, 90_000)
