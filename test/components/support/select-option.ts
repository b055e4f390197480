import { page, userEvent, type Locator } from 'vitest/browser'

/** Opens a select and clicks one of its options. */
export async function selectOption(select: Locator, name: string | RegExp): Promise<void> {
  await userEvent.click(select)
  await userEvent.click(page.getByRole('option', { name, exact: typeof name === 'string' }))
}
