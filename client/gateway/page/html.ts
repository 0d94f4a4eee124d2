// The page's two documents. They hold no data: the script asks for it, with the token of the person who looks.

const head = (title: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page/style.css">`;

/** `ending` is that of the scripts' names: in the sources, they are TypeScript. */
export const mainHtml = (ending: string): string => `${head('Nightshift')}
<script type="module" src="/page/main${ending}"></script>
</head>
<body>
<header>
<a class="skip" href="#main" id="skip">To the content</a>
<strong>Nightshift</strong>
<nav id="menu" aria-label="Pages" hidden>
<a id="jobs-link" href="#/">Jobs</a>
<a id="start-link" href="#/start">Start a job</a>
<span id="who" class="soft"></span>
<button id="sign-out" type="button">Sign out</button>
</nav>
</header>
<main id="main" tabindex="-1"><noscript><p>This page needs JavaScript.</p></noscript></main>
</body>
</html>
`;

export const reportHtml = (ending: string): string => `${head('Report')}
<script type="module" src="/page/report${ending}"></script>
</head>
<body class="whole"><main id="main"></main></body>
</html>
`;
