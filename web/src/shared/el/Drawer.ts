import 'element-plus/es/components/drawer/style/css'
import './theme.css'

export { ElDrawer } from 'element-plus'
