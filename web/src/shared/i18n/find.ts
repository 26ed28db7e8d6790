/** The words of the search that finds pages, settings, people, numbers. */
export const findZh = {
  title: '找页面、设置、人、号码',
  settings: '搜设置',
  placeholder: '页面、设置、技能组、坐席、号码、客户',
  none: '没有找到“{text}”。',
  hint: '打几个字。↑↓ 选，Enter 打开，Esc 关闭。',
  found: '找到 {n} 个',
  customers: '客户',
  pages: '页面',
}

type Words<T> = { readonly [K in keyof T]: T[K] extends string ? string : Words<T[K]> }

export const findEn: Words<typeof findZh> = {
  title: 'Find pages, settings, people, numbers',
  settings: 'Find a setting',
  placeholder: 'Page, setting, group, agent, number, customer',
  none: 'Nothing found for “{text}”.',
  hint: 'Type a few letters. ↑↓ choose, Enter opens, Esc closes.',
  found: '{n} found',
  customers: 'Customers',
  pages: 'Pages',
}
