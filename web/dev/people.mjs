// Who may log in at the mock box: owner by the code; 1000, 1001 and `zhou` by it too; 1002's is a one-time password.
import { rights } from './rights.mjs'
import { ago } from './box.mjs'

const person = (id, login, name, role, more = {}) => ({ id, login, name, role, agent: role === 'agent' ? login : null, made_role: null, factors: 0, must_change: false, disabled: false, open_sessions: 0, seen_at: null, etag: 'e1', ...more })
const accounts = [
  person(1, 'zhou', '周文博', 'administrator', { open_sessions: 1, seen_at: ago(40) }), person(2, '1000', '班长', 'supervisor', { open_sessions: 1, seen_at: ago(3600) }),
  person(3, '1001', '林晓燕', 'agent', { open_sessions: 2, seen_at: ago(5) }), person(4, '1002', '周晓彤', 'agent', { must_change: true }), person(5, '1003', '陈雨桐', 'agent', { disabled: true, seen_at: ago(9e6) }),
]
const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36'
const PHONE = 'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36'
let open = [['zhou', CHROME], ['1000', CHROME], ['1001', CHROME], ['1001', PHONE]].map(([login, device], n) => {
  const { name, role } = accounts.find((one) => one.login === login)
  return { id: String(n).padStart(24, 'a'), login, name, role, made_at: ago(7200 * (n + 1)), seen_at: ago(60 * n), until: ago(-28800), address: `192.168.10.${20 + n}`, device, current: false }
})

const error = (code, zh, en, fields = {}) => ({ code, fields, zh, en })
const wrong = (field, zh, en) => [422, error('invalid-input', zh, en, { problems: [{ field, code: 'wrong', zh, en }] })]

/** Whose log-in it is: an account, or an answer that refuses it. */
export function logIn({ login, new_password }) {
  const account = accounts.find((one) => one.login === login)
  if (!account?.must_change) return { login: login || 'owner', name: '', role: 'administrator', agent: null, ...account }
  if (!new_password) return [409, error('password-must-change', '这是一次性密码。请设一个自己的新密码，然后继续。', 'This is a one-time password. Choose a password of your own to go on.')]
  if (new_password.length < 10) return wrong('new_password', '至少要 10 个字。', 'This needs at least 10 characters.')
  account.must_change = false
  return account
}

/** [status, answer] for what accounts and sessions are asked; undefined for everything else. */
export function people(who, method, path, query, body) {
  if (path === '/api/account/password') return body.password === 'let-me-in' ? [204, null] : wrong('password', '密码不对，还可以试 4 次。', 'That isn’t the password; 4 tries are left.')
  if (path === '/api/roles') return [200, { items: ['administrator', 'supervisor', 'agent'].map((key) => ({ key, base: key, built_in: true, name_zh: key, name_en: key, rights: rights[key], second_factor: false, people: 1, etag: key })) }]
  if (path === '/api/account/factors') return [200, { items: [], recovery_codes: 0, demanded: false, host: null }]
  if (path === '/api/sessions') return [200, { items: open.filter((one) => query.get('all') || one.login === who.login).map((one, n) => ({ ...one, current: one.login === who.login && n === 0 })) }]
  if (path.startsWith('/api/sessions/')) { open = open.filter((one) => !path.endsWith(one.id)); return [204, null] }
  if (path === '/api/accounts' && method === 'GET') return [200, { items: accounts }]
  if (path === '/api/accounts') {
    const made = person(accounts.length + 1, body.login, body.name || '王思远', body.role, { must_change: true })
    accounts.push(made)
    return [201, { account: made, one_time_password: '7KQX-93MF-HT2W-8RPD' }]
  }
  const [, id, password] = /^\/api\/accounts\/(\d+)(\/password)?$/.exec(path) ?? []
  const account = accounts.find((one) => one.id === Number(id))
  if (!account) return undefined
  if (password) return [200, { account: Object.assign(account, { must_change: true }), one_time_password: '7KQX-93MF-HT2W-8RPD' }]
  return [200, Object.assign(account, body)]
}
