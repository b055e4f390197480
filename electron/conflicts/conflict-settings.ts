import * as v from 'valibot'
import { onConflict, replacedFate, type OnConflict, type ReplacedFate } from '../contract/library.ts'
import { defaultSettings } from '../contract/settings.ts'
import type { StoredChoices } from '../platform/environment.ts'

/** The settings for library paths that are in use. */
export interface ConflictSettings {
  onConflict(): OnConflict
  replacedFate(): ReplacedFate
  /** Uses and stores the app's settings. */
  apply(settings: AppSettings): void
}

/** The command line has none of its own: it uses those that the app has stored. */
interface AppSettings {
  readonly onConflict?: OnConflict
  readonly replacedFate?: ReplacedFate
}

/** The journal stores them as text; a value that this version does not support counts as not set. */
const storedOnConflict = v.fallback(onConflict, defaultSettings.onConflict)
const storedReplacedFate = v.fallback(replacedFate, defaultSettings.replacedFate)

export function createConflictSettings(choices: StoredChoices, initial: AppSettings): ConflictSettings {
  let settings = initial

  function store(name: 'on-conflict' | 'replaced-fate', value: string | undefined): void {
    // Settings are applied at each change of conditions, such as another speed limit.
    if (value !== undefined && choices.get(name) !== value) choices.set(name, value)
  }

  function apply(changed: AppSettings): void {
    settings = changed
    store('on-conflict', changed.onConflict)
    store('replaced-fate', changed.replacedFate)
  }

  apply(initial)
  return {
    onConflict: () => settings.onConflict ?? v.parse(storedOnConflict, choices.get('on-conflict')),
    replacedFate: () => settings.replacedFate ?? v.parse(storedReplacedFate, choices.get('replaced-fate')),
    apply,
  }
}
