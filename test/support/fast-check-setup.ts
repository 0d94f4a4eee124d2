// Makes generated values as long and as deep as a property allows. Without it, fast-check stops at about ten elements, whatever `maxLength` says.

import fc from 'fast-check';

fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true });
