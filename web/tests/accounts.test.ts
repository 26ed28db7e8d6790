import { describe, expect, it } from 'vitest'
import { deviceOf } from '@/features/accounts/device'
import { ApiError } from '@/shared/api/client'

describe('a device is named by what its browser says', () => {
  it.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36', 'Chrome · Windows'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0', 'Edge · Windows'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1', 'Safari · iOS'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox · Linux'],
    ['curl/8.16.0', 'curl'],
    ['', null],
  ])('%s', (agent, name) => {
    expect(deviceOf(agent)).toBe(name)
  })
})

describe('an error of the box', () => {
  const error = new ApiError(422, 'invalid-input', { problems: [{ field: 'new_password', code: 'too-short', zh: '至少要 10 个字。', en: 'At least 10.' }] }, { zh: '填得不对', en: 'Wrong' })

  it('is told at its field', () => {
    expect(error.problem('new_password', 'en')).toBe('At least 10.')
    expect(error.problem('password', 'en')).toBe('')
    expect(new ApiError(503, 'database-away', {}, { zh: '', en: '' }).problem('password', 'zh')).toBe('')
  })
})
