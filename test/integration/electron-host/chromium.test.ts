import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startChromium } from '../../electron-host/chromium.ts'

/** Starts a shell script as Chromium, after it has printed its address. */
async function startScript(script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-chromium-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const program = join(folder, 'chromium')
  const text = `#!/bin/sh\nexec >&2\necho DevTools listening on ws://127.0.0.1:9/\n${script}\nexec tail -f /dev/null\n`
  writeFileSync(program, text, { mode: 0o700 })
  const chromium = await startChromium([], { ...process.env, ELECTRON_HOST_CHROMIUM: program })
  onTestFinished(() => chromium.end())
  return chromium
}

test('the end of a long output is kept', async () => {
  const { output } = await startScript(`head -c 200000 /dev/zero | tr '\\0' x; echo the end`)
  await expect.poll(output).toMatch(/xthe end\n$/)
  expect(output()).toHaveLength(64 * 1024)
})

test('the home of Chromium is removed at its end', async () => {
  const { output, end } = await startScript('echo "home: $HOME"')
  await expect.poll(output).toContain('home: ')
  const [, home = ''] = /home: (.*)\n/.exec(output()) ?? []
  expect([existsSync(home), home]).toEqual([true, expect.stringContaining(tmpdir())])
  await end()
  expect(existsSync(home)).toBe(false)
})
