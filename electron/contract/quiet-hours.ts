import * as v from 'valibot'

/** Hours of the week in which less is sent, or nothing. In local time, as the clock on the wall shows it. */
export interface QuietHours {
  /** Days on which they begin, 0 for Sunday. */
  readonly days: readonly number[]
  /** Minutes since midnight. When `to` is not after `from` they end on the next day. */
  readonly fromMinute: number
  readonly toMinute: number
  /** Bytes a second at most; null for a pause. */
  readonly limitBytesPerSecond: number | null
}

const minutesOfDay = 24 * 60
const minute = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(minutesOfDay - 1))

/** @param limit the schema of a speed limit that the settings have */
export const quietHoursSchema = <Limit extends v.GenericSchema<number>>(limit: Limit) =>
  v.strictObject({
    days: v.pipe(
      v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(6))),
      v.maxLength(7),
      v.readonly(),
    ),
    fromMinute: minute,
    toMinute: minute,
    limitBytesPerSecond: v.nullable(limit),
  })
