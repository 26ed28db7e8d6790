/** Element Plus part by part, so that a page loads only what it shows (docs/look.md). */
import 'element-plus/es/components/dialog/style/css'
import './theme.css'

export { ElDialog } from 'element-plus'
