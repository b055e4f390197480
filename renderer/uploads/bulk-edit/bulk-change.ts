import { cleanLibraryPath, pathKey } from '../../../electron/contract/library-path.ts'
import { basesOf } from '../../../electron/contract/recognition.ts'
import type { Target } from '../../../electron/contract/uploads.ts'
import { targetProblem } from '../row/target.ts'

/**
 * Placeholders of a template, such as `{name}`. `{nnn}` is a number with at least as many digits as letters.
 */
export const fileFields = ['name', 'ext', 'type', 'base', 'folder', 'n'] as const
export type TemplateField = (typeof fileFields)[number]

/** The library doesn't list base models. */
export const modelFields = fileFields.filter((field) => field !== 'base')

/** New values for many files, with placeholders. An empty text keeps that part. */
export interface BulkChange {
  readonly modelType: string
  /** Library folder, such as `models/{type}/client`. */
  readonly folder: string
  /** File name in the library, such as `{base}-{name}.{ext}`. */
  readonly fileName: string
  readonly displayName: string
}

export const noBulkChange: BulkChange = { modelType: '', folder: '', fileName: '', displayName: '' }

/** What templates are filled from. */
export interface BulkFile {
  readonly id: string
  readonly fileName: string
  /** Not filled in if several families are possible. */
  readonly base: string | null
  readonly target: Target
  /** `teamKey` of its team: files of different teams never conflict. */
  readonly teamKey: string
}

export type BulkProblem = 'field' | 'path' | 'name' | 'type' | 'meets'

export interface BulkOutcome {
  readonly id: string
  readonly before: Target
  readonly after: Target
  readonly isChanged: boolean
  readonly problem: BulkProblem | null
}

/**
 * The target of each file after the change, in the same order; `{n}` counts from 1. `others` are targets of
 * files that are not changed. Of two files with one path both get the problem, and with `isOneByOne` also one
 * that gets the present path of another.
 */
export function bulkOutcomes(
  files: readonly BulkFile[],
  change: BulkChange,
  {
    others = [],
    isOneByOne = false,
    fields = fileFields,
  }: {
    readonly others?: readonly Pick<BulkFile, 'target' | 'teamKey'>[]
    readonly isOneByOne?: boolean
    readonly fields?: readonly TemplateField[]
  } = {},
): BulkOutcome[] {
  const after = files.map((file, index) => targetAfter(file, change, { number: index + 1, fields }))
  const taken = new Map<string, number>()
  const locationKey = (team: string, path: string) => `${team}\n${pathKey(path)}`
  const countPath = (key: string) => taken.set(key, (taken.get(key) ?? 0) + 1)
  for (const { teamKey, target } of others) countPath(locationKey(teamKey, target.modelPath))
  files.forEach(({ teamKey }, index) => countPath(locationKey(teamKey, after[index]?.modelPath ?? '')))
  const presentOwners = new Map(
    isOneByOne ? files.map(({ id, teamKey, target }) => [locationKey(teamKey, target.modelPath), id]) : [],
  )
  const hasUnknownField = [change.folder, change.fileName, change.displayName].some(
    (template) => unknownFields(template, fields).length > 0,
  )
  return files.map((file, index) => {
    const target = after[index] ?? file.target
    const location = locationKey(file.teamKey, target.modelPath)
    const hasConflict = (taken.get(location) ?? 0) > 1 || (presentOwners.get(location) ?? file.id) !== file.id
    return {
      id: file.id,
      before: file.target,
      after: target,
      isChanged: !isSame(file.target, target),
      problem: hasUnknownField ? 'field' : (problemOf(target) ?? (hasConflict ? 'meets' : null)),
    }
  })
}

/** Undoes a change of a target, except for parts that were edited since. */
export function undoneTarget(now: Target, { before, after }: Pick<BulkOutcome, 'before' | 'after'>): Target {
  const back = (part: keyof Target) => (now[part] === after[part] ? before[part] : now[part])
  return {
    displayName: back('displayName'),
    modelType: back('modelType'),
    modelPath: back('modelPath'),
  }
}

function isSame(one: Target, other: Target): boolean {
  return (
    one.displayName === other.displayName &&
    one.modelType === other.modelType &&
    one.modelPath === other.modelPath
  )
}

function problemOf({ displayName, modelType, modelPath }: Target): BulkProblem | null {
  if (targetProblem('modelType', modelType)) return 'type'
  if (targetProblem('displayName', displayName)) return 'name'
  return targetProblem('modelPath', modelPath) && 'path'
}

/** Placeholders that don't exist, each once: without a warning they would end up in a path. */
function unknownFields(template: string, fields: readonly TemplateField[] = fileFields): string[] {
  const words = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, word = '']) => word)
  return [...new Set(words.filter((word) => fieldOf(word, fields) === null))]
}

function fieldOf(word: string, fields: readonly TemplateField[]): TemplateField | null {
  if (/^n{1,6}$/.test(word)) return 'n'
  return fields.find((field) => field === word) ?? null
}

function targetAfter(
  file: BulkFile,
  change: BulkChange,
  { number, fields }: Pick<TemplateValues, 'number' | 'fields'>,
): Target {
  const { target } = file
  const modelType = change.modelType.trim() || target.modelType
  const split = target.modelPath.lastIndexOf('/')
  const below = folderBelowType(target)
  const values = { file, modelType, below, number, fields }
  const keptFolder =
    modelType !== target.modelType && below !== null
      ? `models/${modelType}${below === '' ? '' : `/${below}`}`
      : target.modelPath.slice(0, Math.max(0, split))
  const folder =
    change.folder.trim() === '' ? keptFolder : withoutEmptyFolders(fill(change.folder, values, inPath))
  const name =
    change.fileName.trim() === '' ? target.modelPath.slice(split + 1) : fill(change.fileName, values, inPath)
  return {
    displayName:
      change.displayName.trim() === ''
        ? target.displayName
        : fill(change.displayName, values, unchanged).trim(),
    modelType,
    modelPath: folder === '' ? name.trim() : `${folder}/${name.trim()}`,
  }
}

/** The folders between the type's folder and the file; null for a path outside the type's folder. */
function folderBelowType({ modelPath, modelType }: Target): string | null {
  const start = `models/${modelType}/`
  if (!modelPath.startsWith(start)) return null
  return modelPath.slice(start.length).split('/').slice(0, -1).join('/')
}

interface TemplateValues {
  readonly file: BulkFile
  readonly modelType: string
  readonly below: string | null
  readonly number: number
  readonly fields: readonly TemplateField[]
}

function fill(template: string, values: TemplateValues, write: (value: string) => string): string {
  return template.replace(/\{([^{}]*)\}/g, (whole, word: string) => {
    const field = fieldOf(word, values.fields)
    return field === null ? whole : write(valueOf(field, word, values))
  })
}

function valueOf(
  field: TemplateField,
  word: string,
  { file, modelType, below, number }: TemplateValues,
): string {
  const dot = file.fileName.lastIndexOf('.')
  switch (field) {
    case 'name':
      return dot > 0 ? file.fileName.slice(0, dot) : file.fileName
    case 'ext':
      return dot > 0 ? file.fileName.slice(dot + 1) : ''
    case 'type':
      return modelType
    case 'base':
      return basesOf(file.base).length === 1 ? (file.base ?? '') : ''
    case 'folder':
      return below ?? ''
    case 'n':
      return String(number).padStart(word.length, '0')
  }
}

const unchanged = (value: string) => value
/**
 * Values taken from a file are made valid for a path; typed text is not changed, but reported when it is
 * invalid.
 */
const inPath = (value: string) => (value === '' ? '' : cleanLibraryPath(value))

/**
 * Removes empty folder names left by empty placeholders. A leading slash stays and is reported as a problem.
 */
function withoutEmptyFolders(folder: string): string {
  return folder
    .trim()
    .replace(/(?<=[^/])\/{2,}/g, '/')
    .replace(/(?<=[^/])\/+$/, '')
}
