import { Usage } from './usage.js'

export const metadata = { title: 'Usage from a Next.js app', icons: { icon: 'data:,' } }

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <Usage>{children}</Usage>
      </body>
    </html>
  )
}
