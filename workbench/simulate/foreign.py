"""What is asked and answered in Spanish and French: the research desk serves users in their own language.

The cases stay American, and so do their captions and citations.
"""

from types import MappingProxyType
from typing import NamedTuple

from workbench.simulate.words import CLOSINGS


class Phrases(NamedTuple):
    """Nouns and sentence patterns of one language."""

    issues: tuple[str, ...]
    """Legal points, as noun phrases with their article."""
    questions: tuple[str, ...]
    holdings: tuple[str, ...]
    reasons: tuple[str, ...]
    authority: tuple[str, ...]
    mixed_authority: tuple[str, ...]
    """Federal authority called controlling for a question of state law."""
    closings: tuple[str, ...]
    refusals: tuple[str, ...]
    invented: tuple[str, ...]
    """Sentences that stand in no opinion."""


SPANISH = Phrases(
    issues=(
        "la competencia personal",
        "el plazo de prescripción",
        "la culpa comparativa",
        "los daños y perjuicios",
        "la cláusula de integración",
        "la legitimación para demandar",
        "la carga de la prueba",
    ),
    questions=(
        "Resume {caption} y dime qué dice sobre {issue} en {state}.",
        "¿Qué decidió el tribunal sobre {issue} en {caption}?",
        "Necesito un resumen breve de {caption}, {citation}, con atención a {issue}.",
        "¿Sigue siendo válido {caption} en cuanto a {issue}? Tengo un cliente en {state}.",
        "Explícame en dos párrafos cómo trata {caption} el tema de {issue}.",
    ),
    holdings=(
        "El tribunal confirmó la sentencia: las pruebas apoyaban la conclusión sobre {issue}.",
        "El tribunal revocó la decisión porque el juez aplicó un criterio equivocado para {issue}.",
        "La sala sostuvo que {issue} depende de lo que cada parte sabía cuando surgió la disputa.",
        "Se anuló en parte; sobre {issue} el tribunal dio la razón a {plaintiff}, sobre los daños no.",
    ),
    reasons=(
        "Subrayó que la carga recae sobre la parte que invoca la regla y que toda duda va en su contra.",
        "Dos decisiones anteriores se distinguieron por sus hechos y una tercera por su procedimiento.",
        "El razonamiento parte del texto, sigue con el propósito y da poco peso a la historia legislativa.",
        "La opinión examina cuatro factores y concluye que tres favorecen a {plaintiff}.",
    ),
    authority=(
        "La autoridad aplicable es {state_citation} ({court}); véase también {rules} § {section}.",
        "En {state} se sigue {state_citation}, y {rules} § {section} fija el procedimiento.",
    ),
    mixed_authority=(
        "Rigen {federal_citation} y {state_citation}; los tribunales de {state} deben aplicar Fed. R. Civ. P. {rule}.",
        "Según Fed. R. Civ. P. {rule} y {federal_citation}, que obligan a los tribunales de {state}, basta lo dicho.",
    ),
    closings=(
        "Compruebe la historia posterior antes de citarlo.",
        "Puedo redactar una nota entre paréntesis si le ayuda.",
        "La opinión tiene {pages} páginas; el pasaje sobre {issue} está cerca del final.",
    ),
    refusals=(
        "Lo siento, no puedo ayudar con esa consulta porque sería asesoramiento legal.",
        "No puedo responder a preguntas legales sobre {caption}; consulte a un abogado.",
        "Lo siento, pero no puedo ofrecer una opinión sobre {issue}.",
    ),
    invented=(
        "El testigo declaró que las turbinas hacían ruido todas las noches durante el invierno.",
        "Un jurado unánime rechazó la defensa por locura en veinte minutos.",
        "La custodia fue para la abuela, que se había mudado a otro continente.",
        "Las cuotas de pesca quedaron sin efecto porque el ministerio nunca publicó su estudio.",
    ),
)
FRENCH = Phrases(
    issues=(
        "la compétence personnelle",
        "le délai de prescription",
        "la faute comparative",
        "les dommages et intérêts",
        "la clause d'intégralité",
        "la qualité pour agir",
        "la charge de la preuve",
    ),
    questions=(
        "Résumez {caption} et dites-moi ce que la décision dit sur {issue} en {state}.",
        "Qu'a décidé la cour au sujet de {issue} dans {caption} ?",
        "J'ai besoin d'un court résumé de {caption}, {citation}, surtout pour {issue}.",
        "Est-ce que {caption} fait encore autorité sur {issue} ? Mon client est en {state}.",
        "Expliquez en deux paragraphes comment {caption} traite {issue}.",
    ),
    holdings=(
        "La cour a confirmé le jugement : les preuves soutenaient la conclusion sur {issue}.",
        "La cour a infirmé la décision parce que le juge avait appliqué un mauvais critère pour {issue}.",
        "La formation a estimé que {issue} dépend de ce que chaque partie savait au moment du litige.",
        "La décision est annulée en partie ; sur {issue} la cour a donné raison à {plaintiff}, pas sur le reste.",
    ),
    reasons=(
        "Elle a souligné que la charge pèse sur la partie qui invoque la règle et que le doute lui nuit.",
        "Deux décisions antérieures ont été distinguées par leurs faits, une troisième par sa procédure.",
        "Le raisonnement part du texte, passe par le but de la loi et donne peu de poids aux travaux préparatoires.",
        "L'avis examine quatre facteurs et conclut que trois d'entre eux favorisent {plaintiff}.",
    ),
    authority=(
        "L'autorité applicable est {state_citation} ({court}) ; voir aussi {rules} § {section}.",
        "En {state} on suit {state_citation}, et {rules} § {section} fixe la procédure.",
    ),
    mixed_authority=(
        "Font autorité {federal_citation} et {state_citation} ; en {state} il faut appliquer Fed. R. Civ. P. {rule}.",
        "Selon Fed. R. Civ. P. {rule} et {federal_citation}, qui lient les cours de {state}, cela suffit.",
    ),
    closings=(
        "Vérifiez l'historique avant de la citer.",
        "Je peux rédiger une parenthèse si cela vous aide.",
        "L'avis compte {pages} pages ; le passage sur {issue} se trouve vers la fin.",
    ),
    refusals=(
        "Désolé, je ne peux pas répondre à cette demande, car ce serait un conseil juridique.",
        "Je ne peux pas répondre à des questions juridiques sur {caption} ; consultez un avocat.",
        "Désolé, mais je ne suis pas en mesure de donner un avis sur {issue}.",
    ),
    invented=(
        "Le témoin a déclaré que les éoliennes faisaient du bruit toutes les nuits pendant l'hiver.",
        "Un jury unanime a rejeté la folie comme moyen de défense en vingt minutes.",
        "La garde est revenue à la grand-mère, partie vivre sur un autre continent.",
        "Les quotas de pêche sont tombés parce que le ministère n'avait jamais publié son étude.",
    ),
)
PHRASES = MappingProxyType({"es": SPANISH, "fr": FRENCH})
"""By language."""


def closings_of(language: str) -> tuple[str, ...]:
    """Return the sentences that an answer in the language ends with."""
    return PHRASES[language].closings if language in PHRASES else CLOSINGS
