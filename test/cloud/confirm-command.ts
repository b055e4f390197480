type Confirmation = {
  readonly code: string
  readonly email: string
  readonly password: string
  /** Id or name. */
  readonly team: string
}

type Profile = { readonly team_list: readonly { readonly id: string; readonly display_name: string }[] }

/** Signs in to a running cloud, confirms the pairing for the team, and returns a confirmation message. */
export async function confirmOverHttp(server: string, confirmation: Confirmation): Promise<string> {
  const { code, email, password, team } = confirmation
  const call = async <Body>(path: string, body: object | undefined, headers: Record<string, string>) => {
    const answer = await fetch(`${new URL(server).origin}/api/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${text}`)
    return JSON.parse(text) as Body
  }
  const login = { email_address: email, user_password: password }
  const { access_token } = await call<{ access_token: string }>('/auth/login', login, {})
  const authorization = `Bearer ${access_token}`
  const { team_list } = await call<Profile>('/users/me', undefined, { authorization })
  const wanted = team_list.find((one) => one.id === team || one.display_name === team)
  if (!wanted)
    throw new Error(`${email} has no team ${team}: ${team_list.map((one) => one.display_name).join(', ')}`)
  await call('/desktop/pair/confirm', { user_code: code }, { authorization, 'x-team-id': wanted.id })
  return `${code} is paired with ${wanted.display_name}.`
}
