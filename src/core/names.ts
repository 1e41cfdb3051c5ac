import { utf8 } from './bytes.ts'
import { labelledHash } from './labels.ts'
import type { PeerId } from './ids.ts'

/** 256 short first names from many languages, without accents so that everybody can type and read them. */
const FIRST =
  'Ada Adil Agnes Aiko Aino Akira Alba Aldo Alma Alva Amal Amir Anders Anika Anton Anya Ari Arlo Asha Astrid ' +
  'Aud Ayla Azra Basil Bea Benno Berit Bilal Birte Bodil Boris Brigid Bruno Cai Carla Carmen Casper Cato Celia Cleo ' +
  'Cora Cosmo Cyril Dag Dalia Damir Dana Darya Dina Dora Dov Dunya Edda Edgar Edith Eero Efe Eira Elif Elin ' +
  'Ella Elmo Elsa Emil Emre Enid Enzo Erik Esra Esther Etta Eva Ezra Fadi Farah Fatou Felix Fern Fiona Flora ' +
  'Franz Freya Frida Gemma Gerda Gita Goran Greta Gus Hada Hamid Hana Hanno Hedda Helga Henk Hilda Hugo Ida Idris ' +
  'Iker Ilse Imani Imre Ina Inez Ingrid Ira Irma Isla Ivan Ivo Iwan Jalil Jana Jasper Jeanne Jens Jiro Joan ' +
  'Jonas Jorge Juno Jutta Kai Kala Kamal Karim Karla Kasia Keiko Kemal Kenji Kian Kira Klara Klaus Kofi Kora Lale ' +
  'Lara Lars Layla Lea Leif Lena Leo Levi Lia Lidia Linus Liv Lotte Luca Ludo Luis Luna Lykke Maeve Magda ' +
  'Maia Malik Manu Mara Marek Marta Mats Maud Maya Mehdi Mei Mika Milan Mina Mira Mona Moritz Nadia Naomi Nasir ' +
  'Nell Nico Nils Nina Noa Nora Nour Odin Olaf Olga Omar Ona Orla Oskar Otis Otto Oya Pablo Padma Paola ' +
  'Pascal Pedro Per Petra Pia Pilar Priya Quentin Rafa Raul Ravi Rhea Rita Roald Roman Rosa Ruben Runa Ruth Said ' +
  'Salma Samir Sanna Sara Selma Signe Silas Simon Siri Sofia Soren Stella Sune Svea Tamar Tarek Tessa Theo Tilda Timo ' +
  'Tora Tove Udo Uma Ursa Vera Vesna Viggo Vito Wanda Wim Yael Yara Yuki Zahra Zeno'

/** Endings that make several names of one: 4,096 in all. The first ending is empty, so that some people have the plain name. */
const AFTER_VOWEL = ['', 'lin', 'mo', 'ri', 'sa', 'ven', 'dor', 'nika', 'bel', 'ro', 'min', 'ta', 'lo', 'ris', 'vi', 'nel']
const AFTER_CONSONANT = ['', 'a', 'in', 'o', 'ette', 'ik', 'us', 'ora', 'el', 'ix', 'ani', 'en', 'ola', 'is', 'ari', 'um']

/**
 * Returns the friendly name of a peer: one capitalised word of the letters a to z, the same on every device. Names are not unique: a
 * handful of people rarely share one, thousands do. Nothing but the screen may depend on it. SPEC NAM1.
 */
export function personName(peerId: PeerId): string {
  const names = FIRST.split(' ')
  const digest = labelledHash('person-name', utf8(peerId))
  const first = names[(digest[0] ?? 0) % names.length] ?? ''
  const endings = /[aeiouy]$/.test(first) ? AFTER_VOWEL : AFTER_CONSONANT
  return first + (endings[(digest[1] ?? 0) % endings.length] ?? '')
}
