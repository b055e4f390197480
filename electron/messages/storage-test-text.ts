import { storageTestBytes, type StorageTest } from '../contract/storage-test.ts'
import { failureText, joinSentences, type Translate } from './messages.ts'

/** Size of an example model, in bytes. */
const exampleModelBytes = 10_000_000_000
/** Longer times are shown in hours. */
const maxMinutesShown = 120

/** The measured speed in bytes a second. */
export const speedOf = ({ tookMs }: StorageTest) => (storageTestBytes * 1000) / Math.max(1, tookMs)

/** The result of a storage test. `isLimited`: a speed limit was in force. */
export function storageTestText(test: StorageTest, t: Translate, isLimited: boolean): string {
  const { state, sentBytes, failure, isLeft } = test
  if (state === 'running')
    return t('storage-test.running', { percent: Math.floor((100 * sentBytes) / storageTestBytes) })
  // Storage was not tried.
  if (failure?.code === 'temporary-folder-not-writable') return failureText(failure, t)
  const sentences = [state === 'good' ? successText(test, t) : t(`storage-test.${state}`)]
  if (state === 'good' && isLimited) sentences.push(t('storage-test.limited'))
  if (failure) sentences.push(failureText(failure, t))
  if (isLeft) sentences.push(t('storage-test.left'))
  else if (sentBytes > 0) sentences.push(t('storage-test.taken-back'))
  return joinSentences(sentences, t)
}

function successText(test: StorageTest, t: Translate): string {
  const speedBytes = speedOf(test)
  const minutes = exampleModelBytes / speedBytes / 60
  const isInHours = minutes >= maxMinutesShown
  return t('storage-test.good', {
    seconds: (test.tookMs / 1000).toFixed(1),
    speedBytes,
    unit: isInHours ? 'hours' : 'minutes',
    amount: Math.max(1, Math.round(isInHours ? minutes / 60 : minutes)),
  })
}
