import type { Settings } from '../../electron/contract/settings.ts'

type AllowedFiles = Pick<Settings, 'allowedFormats' | 'allowPickles'>

/** Which files are uploaded; `custom` is a combination that was set elsewhere and can't be chosen. */
export type AllowedFilesChoice = 'all' | 'no-pickles' | 'safe-formats' | 'custom'

const settingsByChoice: Readonly<Record<Exclude<AllowedFilesChoice, 'custom'>, AllowedFiles>> = {
  all: { allowedFormats: null, allowPickles: true },
  'no-pickles': { allowedFormats: null, allowPickles: false },
  'safe-formats': { allowedFormats: ['safetensors', 'gguf'], allowPickles: false },
}

/** The choice that the settings stand for. */
export function allowedFilesChoice({ allowedFormats, allowPickles }: AllowedFiles): AllowedFilesChoice {
  if (allowedFormats === null) return allowPickles ? 'all' : 'no-pickles'
  const formats = [...allowedFormats].sort().join()
  return formats === 'gguf,safetensors' ? 'safe-formats' : 'custom'
}

/** The settings of a choice; `custom` changes nothing. */
export function allowedFilesSettings(choice: AllowedFilesChoice): Partial<AllowedFiles> {
  return choice === 'custom' ? {} : settingsByChoice[choice]
}
