/** A Jobcentre Plus district of one of the nine English regions (source: the 2009 coordinator posts list, 38 districts). */
export interface District {
  readonly slug: string;
  readonly name: string;
  readonly region: string;
}

const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

const districtNamesByRegion: Readonly<Record<string, readonly string[]>> = {
  'North East': ['Northumbria', 'South Tyne and Wear Valley', 'Tees Valley'],
  'North West': [
    'Cheshire, Halton and Warrington',
    'Cumbria and Lancs',
    'Greater Manchester Central',
    'Greater Manchester East and West',
    'Merseyside',
  ],
  'Yorkshire and the Humber': [
    'North East Yorkshire and the Humber',
    'South Yorkshire',
    'West Yorkshire',
  ],
  'East Midlands': [
    'Derbyshire',
    'Leicestershire and Northamptonshire',
    'Lincolnshire and Rutland',
    'Nottinghamshire',
  ],
  'West Midlands': [
    'Birmingham and Solihull',
    'Black Country',
    'Coventry and Warwickshire',
    'Staffordshire',
    'The Marches',
  ],
  'East of England': [
    'Bedfordshire and Hertfordshire',
    'Cambridgeshire and Suffolk',
    'Essex',
    'Norfolk',
  ],
  London: [
    'Central London',
    'City and East London',
    'Lambeth, Southwark and Wandsworth',
    'North and North East London',
    'South London',
    'West London',
  ],
  'South East': [
    'Berkshire, Buckinghamshire and Oxfordshire',
    'Hampshire and Isle of Wight',
    'Kent',
    'Surrey and Sussex',
  ],
  'South West': [
    'Devon and Cornwall',
    'Dorset and Somerset',
    'Gloucestershire, Wiltshire and Swindon',
    'West of England',
  ],
};

export const districts: readonly District[] = Object.entries(districtNamesByRegion).flatMap(
  ([region, names]) => names.map((name) => ({ slug: slugOf(name), name, region })),
);

const bySlug: ReadonlyMap<string, District> = new Map(
  districts.map((district) => [district.slug, district]),
);

export const findDistrict = (slug: string): District | undefined => bySlug.get(slug);
