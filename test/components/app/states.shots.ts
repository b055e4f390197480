import { expect, inject, test } from 'vitest'
import { commands, page } from 'vitest/browser'
import type { Settings } from '../../../electron/contract/settings.ts'
import { settings } from '../support/rows.ts'
import { settingsSections } from '../support/states/settings-states.ts'
import { endTransitions } from '../support/states/state.ts'
import { states } from '../support/states/states.ts'
import { layoutProblems } from '../support/states/layout-problems.ts'

// Pictures of every state in every variant, and what is measurably wrong in them
// (`npm run screenshots:states`).

interface Variant {
  readonly name: string
  readonly language: Exclude<Settings['language'], 'system'>
  readonly theme: Settings['theme']
  readonly size: readonly [width: number, height: number]
}

/** 480 × 320 is a window of 960 × 640 at 200 %. */
const variants: readonly Variant[] = [
  { name: '1-light', language: 'en', theme: 'light', size: [960, 640] },
  { name: '2-dark', language: 'en', theme: 'dark', size: [960, 640] },
  { name: '3-zh-Hans', language: 'zh-Hans', theme: 'light', size: [960, 640] },
  { name: '4-zh-Hant', language: 'zh-Hant', theme: 'dark', size: [960, 640] },
  { name: '5-small', language: 'en', theme: 'light', size: [480, 400] },
  { name: '6-zoomed', language: 'en', theme: 'dark', size: [480, 320] },
  { name: '7-small-zh-Hant', language: 'zh-Hant', theme: 'light', size: [480, 400] },
]

const fileName = (text: string) => text.replaceAll(/[^\p{L}\p{N}]+/gu, '-')

test.each(Object.entries({ ...states, ...settingsSections }))('%s', async (name, open) => {
  await page.viewport(960, 640)
  const { emit } = await open()
  const dense = document.documentElement.dataset['density'] === 'dense'
  const problems: string[] = []
  for (const { name: variant, language, theme, size } of variants) {
    emit('settings', { ...settings, language, theme, dense })
    emit('surroundings', { version: '1.2.3', platform: 'linux', locale: language, versions: {} })
    await page.viewport(...size)
    await expect.poll(() => document.documentElement.lang).toBe(language)
    await expect.poll(() => document.documentElement.dataset['theme']).toBe(theme)
    await endTransitions()
    problems.push(...layoutProblems().map((problem) => `${variant}: ${problem}`))
    await page.screenshot({ path: `${inject('screenshotFolder')}/${fileName(name)}/${variant}.png` })
  }
  await commands.writeFile(
    `${inject('screenshotFolder')}/${fileName(name)}/problems.txt`,
    problems.join('\n'),
  )
})
