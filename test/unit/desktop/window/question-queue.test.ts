import { expect, test } from 'vitest'
import { createQuestionQueue, type QuestionKind } from '../../../../electron/desktop/window/question-queue.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'

const secondMs = 1_000
const minuteMs = 60_000

const unused = { lastPressMs: () => -Infinity, onPaused: () => undefined }
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A queue whose dialogs stay open until `answer` is called. */
function setup() {
  const environment = createTestEnvironment(standingClock())
  const shown: QuestionKind[] = []
  let close = (_isConfirmed: boolean): void => undefined
  let pauses = 0
  let pressedAtMs = -Infinity
  const ask = createQuestionQueue({
    ...environment,
    lastPressMs: () => pressedAtMs,
    onPaused: () => (pauses += 1),
  })
  async function pass(ms: number) {
    environment.clock.advance(ms)
    await settle()
  }
  return {
    shown,
    pass,
    press: () => void (pressedAtMs = environment.now()),
    lines: environment.lines,
    pauses: () => pauses,
    ask: (kind: QuestionKind) =>
      ask(kind, () => {
        shown.push(kind)
        return new Promise((resolve) => (close = resolve))
      }),
    /** Answers the open dialog; the next one may be shown afterwards. */
    async answer(isConfirmed: boolean) {
      await settle()
      close(isConfirmed)
      await settle()
      await pass(secondMs)
    },
  }
}

test('shows the next dialog a second after the last answer', async () => {
  const { ask, shown, pass } = setup()
  const show = async () => true
  const environment = createTestEnvironment(standingClock())
  const queue = createQuestionQueue({ ...environment, ...unused })
  expect(await queue('server', show)).toBe(true)
  let isShown = false
  const second = queue('watch', async () => (isShown = true))
  await settle()
  environment.clock.advance(secondMs - 1)
  await settle()
  expect(isShown).toBe(false)
  environment.clock.advance(1)
  expect(await second).toBe(true)
  void ask('send')
  await pass(0)
  expect(shown).toEqual(['send'])
})

test('shows a dialog only when nothing was pressed in the window for half a second', async () => {
  const { ask, shown, pass, press } = setup()
  press()
  void ask('delete')
  await pass(secondMs / 2 - 1)
  press()
  await pass(secondMs / 2 - 1)
  expect(shown).toEqual([])
  await pass(1)
  expect(shown).toEqual(['delete'])
})

test('declines the waiting questions of the same kind only', async () => {
  const { ask, answer, shown } = setup()
  const answers = (['server', 'server', 'account', 'watch'] as const).map((kind) => ask(kind))
  await answer(false)
  await answer(true)
  await answer(true)
  expect(await Promise.all(answers)).toEqual([false, false, true, true])
  expect(shown).toEqual(['server', 'account', 'watch'])
})

test('shows no dialog of a kind for five minutes after two were declined within one', async () => {
  const { ask, answer, shown, pass, lines, pauses } = setup()
  for (let times = 0; times < 2; times += 1) {
    const asked = ask('server')
    await answer(false)
    expect(await asked).toBe(false)
  }
  for (let times = 0; times < 100; times += 1) expect(await ask('server')).toBe(false)
  expect([shown, pauses()]).toEqual([['server', 'server'], 1])
  expect(lines).toMatchObject([{ level: 'warn', facts: { kind: 'server' } }])
  const other = ask('watch')
  await answer(true)
  expect(await other).toBe(true)
  await pass(5 * minuteMs)
  const again = ask('server')
  await answer(true)
  expect(await again).toBe(true)
})

test('asks the next question after a dialog could not be shown', async () => {
  const environment = createTestEnvironment(standingClock())
  const queue = createQuestionQueue({ ...environment, ...unused })
  await expect(queue('server', () => Promise.reject(new Error('no window')))).rejects.toThrow('no window')
  const next = queue('server', async () => true)
  await settle()
  environment.clock.advance(secondMs)
  expect(await next).toBe(true)
})
