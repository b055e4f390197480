import { storageTestBytes, type StorageTest } from '../contract/storage-test.ts'
import { failureText, type Translate } from './messages.ts'

/** A model that people know the weight of, in bytes. */
const modelBytes = 10_000_000_000
/** From here on minutes are told as hours. */
const maxMinutesShown = 120

/** How fast storage took it, in bytes a second. */
export const speedOf = ({ tookMs }: StorageTest) => (storageTestBytes * 1000) / Math.max(1, tookMs)

/** What a test of storage has found, in sentences. `isLimited`: a speed limit was in force. */
export function storageTestText(test: StorageTest, t: Translate, isLimited: boolean): string {
  const { state, sentBytes, failure, isLeft } = test
  if (state === 'running')
    return t('storage-test.running', { percent: Math.floor((100 * sentBytes) / storageTestBytes) })
  const found = state === 'good' ? successText(test, t) : t(`storage-test.${state}`)
  const isBack = sentBytes > 0 && !isLeft
  return [
    found,
    ...(state === 'good' && isLimited ? [t('storage-test.limited')] : []),
    ...(failure ? [failureText(failure, t)] : []),
    ...(isLeft ? [t('storage-test.left')] : isBack ? [t('storage-test.taken-back')] : []),
  ].join(' ')
}

function successText(test: StorageTest, t: Translate): string {
  const speedBytes = speedOf(test)
  const minutes = modelBytes / speedBytes / 60
  const isLong = minutes >= maxMinutesShown
  return t('storage-test.good', {
    seconds: (test.tookMs / 1000).toFixed(1),
    speedBytes,
    unit: isLong ? 'hours' : 'minutes',
    amount: Math.max(1, Math.round(isLong ? minutes / 60 : minutes)),
  })
}
