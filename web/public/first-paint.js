// Before the first paint: the theme and language of the last visit, so that nothing flashes.
// A file of its own because the content security policy allows no script inside the page.
;(function () {
  var root = document.documentElement
  var read = function (key) {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  }
  var theme = read('linebox.theme')
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  root.dataset.theme = dark ? 'dark' : 'light'
  var language = read('linebox.language') || (navigator.language.slice(0, 2) === 'zh' ? 'zh' : 'en')
  root.lang = language === 'en' ? 'en' : 'zh-CN'
})()
