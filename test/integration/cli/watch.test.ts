import { mkdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setupServedApp as setup } from '../../support/served-app.ts'

test('commands add, list, pause and remove folders that a running app watches', async () => {
  const { app, file, run } = await setup()
  const folder = dirname(await file('watched/harbour.safetensors'))
  const added = await run('watch', 'add', folder)
  expect([added.code, added.err]).toEqual([0, ''])
  expect(added.out).toContain(`New models in ${folder} are uploaded to Alice's Team. It has 1 already (`)
  expect(app.rows()).toEqual([])
  expect((await run('watch', 'pause', folder)).out).toBe(`${folder} is paused.\n`)
  expect((await run('watch', 'list', '--json')).json()).toMatchObject([
    { folder, team: { id: ALICES_TEAM_ID }, state: 'paused', offered: { count: 1 } },
  ])
  expect((await run('watch', 'resume', relative(process.cwd(), folder))).out).toBe(`${folder} is watched.\n`)
  expect((await run('watch', 'rm', folder)).out).toBe(`${folder} is not watched any more.\n`)
  expect(await run('watch', 'list')).toMatchObject({ code: 0, out: '' })
})

test('a folder that can’t be watched, or isn’t, is explained', async () => {
  const { folder, run } = await setup()
  const missing = await run('watch', 'add', join(folder, 'missing'))
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('(folder-unreadable)')])
  mkdirSync(join(folder, 'empty'))
  expect((await run('watch', 'rm', join(folder, 'empty'))).err).toContain('No folder has the ID or name')
  expect((await run('watch', 'add', '--team', 'nobody', join(folder, 'empty'))).code).toBe(2)
})
