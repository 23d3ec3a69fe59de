-- What a revision is made of beside its definition: texts by reference, as JSON; null when there are none. Kept as text, not taken
-- apart, because equal resources must stay equal to the letter.
alter table workflow_versions add column resources text;
