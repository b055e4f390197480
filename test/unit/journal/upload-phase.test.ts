import { expect, test } from 'vitest'
import type { Phase } from '../../../electron/contract/uploads.ts'
import {
  isRunning,
  storedPhase,
  nextPhase,
  type UploadEvent,
} from '../../../electron/journal/upload-phase.ts'

const phases: readonly Phase[] = [
  ...(['review', 'waiting', 'checking', 'sending', 'finishing', 'registering'] as const),
  ...(['registered', 'retrying', 'paused', 'failed'] as const),
]
const events: readonly UploadEvent[] = [
  ...(['approve', 'begin', 'send', 'finish', 'register', 'registered', 'found'] as const),
  ...(['trouble', 'refuse', 'pause', 'resume', 'requeue', 'review'] as const),
]

const possible: Readonly<Record<Phase, string>> = {
  review: 'approve→waiting refuse→failed',
  waiting: 'begin→checking pause→paused refuse→failed review→review',
  checking:
    'found→registered send→sending register→registering trouble→retrying refuse→failed pause→paused requeue→waiting',
  sending: 'finish→finishing trouble→retrying refuse→failed pause→paused requeue→waiting',
  finishing: 'send→sending register→registering trouble→retrying refuse→failed pause→paused requeue→waiting',
  registering: 'registered→registered trouble→retrying refuse→failed pause→paused requeue→waiting',
  retrying: 'begin→checking refuse→failed pause→paused resume→waiting requeue→waiting review→review',
  paused: 'refuse→failed resume→waiting review→review',
  failed: 'resume→waiting review→review',
  registered: '',
}

test.each(phases)('an upload that is %s has exactly the transitions of its table', (phase) => {
  const found = events.flatMap((event) => {
    const next = nextPhase(phase, event)
    return next === null ? [] : [`${event}→${next}`]
  })
  expect(found.sort()).toEqual(possible[phase].split(' ').filter(Boolean).sort())
})

test('a registered upload stays registered after any event', () => {
  expect(events.map((event) => nextPhase('registered', event))).toEqual(events.map(() => null))
})

test('the phases from checking to registering are running', () => {
  expect(phases.filter(isRunning)).toEqual(['checking', 'sending', 'finishing', 'registering'])
})

test('running phases are stored as waiting', () => {
  expect(Object.fromEntries(phases.map((phase) => [phase, storedPhase(phase)]))).toEqual({
    review: 'review',
    waiting: 'waiting',
    checking: 'waiting',
    sending: 'waiting',
    finishing: 'waiting',
    registering: 'waiting',
    retrying: 'waiting',
    registered: 'registered',
    paused: 'paused',
    failed: 'failed',
  })
})
